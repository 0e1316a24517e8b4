"""Secrets from outside: ``${NAME}`` is an environment variable, ``${file:PATH}`` a file's text.

Put here what a reference may name. Keep out which keys are secret: that is ``model.py``.
"""

import errno
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

MAX_BYTES: Final = 1_000_000
_REFERENCE: Final = re.compile(
    r"\$\{(?:file:(?P<file>[^}\x00]+)\}|(?P<name>[A-Za-z_][A-Za-z0-9_]*)\})?"
)


def read_text(file: Path) -> str:
    """The text of a small UTF-8 file. Raises ``OSError`` whose ``strerror`` says why not."""
    with file.open("rb") as opened:
        content = opened.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(errno.EFBIG, f"it is larger than {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OSError(errno.EILSEQ, "it is not UTF-8 text") from None


@dataclass(frozen=True)
class References:
    """Replaces references in a tree of values, and collects those that lead nowhere."""

    base: Path
    """The folder to which the paths of secret files are relative."""
    environment: Mapping[str, str]
    mistakes: list[str] = field(default_factory=list)
    """One line for each, beginning with the path of its key; no line holds a secret."""

    def resolve(self, value: Any, where: str = "") -> Any:
        """A copy of ``value`` in which every reference stands for what it names."""
        if isinstance(value, dict):
            return {k: self.resolve(item, f"{where}.{k}".lstrip(".")) for k, item in value.items()}
        if isinstance(value, list):
            return [self.resolve(item, f"{where}.{index}") for index, item in enumerate(value)]
        if isinstance(value, str):
            return _REFERENCE.sub(lambda reference: self._meaning(reference, where), value)
        return value

    def _meaning(self, reference: re.Match[str], where: str) -> str:
        name, path = reference["name"], reference["file"]
        if path:
            return self._secret_file(self.base / path, where)
        if not name:
            self.mistakes.append(f"{where}: a reference is written ${{NAME}} or ${{file:PATH}}")
        elif name in self.environment:
            return self.environment[name]
        else:
            self.mistakes.append(f"{where}: the environment variable {name} is not set")
        return ""

    def _secret_file(self, file: Path, where: str) -> str:
        try:
            return read_text(file).strip()
        except OSError as error:
            self.mistakes.append(
                f"{where}: the secret file {file} cannot be read: {error.strerror}"
            )
            return ""

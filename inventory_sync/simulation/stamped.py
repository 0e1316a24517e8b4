"""Books that note when an entry was last changed, as an ERP's ``updated_at`` does.

Put nothing else here.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Stamped(dict[Key, Value]):
    """A dictionary whose entries have a time: that of the last change of their value."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._now = now
        self.changed_at: dict[Key, datetime] = {}

    def __setitem__(self, key: Key, value: Value) -> None:
        """Enter a value; the same value again is no change."""
        if key not in self or self[key] != value:
            self.changed_at[key] = self._now()
        super().__setitem__(key, value)

"""YAML without surprises: what is read is what a person sees in the file.

Put the rules of the notation here. Keep the meaning of keys out: that is ``model.py``.
"""

import re
from collections.abc import Hashable
from decimal import Decimal
from typing import Any

import yaml


class InvalidYaml(Exception):
    """The text is not YAML as we read it; the message says where and why, never a value."""


def parse(text: str) -> Any:
    """The value of one YAML document. Raises ``InvalidYaml``."""
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise InvalidYaml(f"{where}{error.problem}") from None
    except yaml.YAMLError:
        raise InvalidYaml("it holds a character that YAML does not allow") from None
    except RecursionError:
        raise InvalidYaml("it is nested too deeply") from None


class _StrictLoader(yaml.SafeLoader):
    """A key stands once and is text; nothing is repeated by reference or given another type."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if event.anchor:  # an alias names an anchor too; nested ones grow without bound
            raise _mistake("anchors and aliases are not allowed", event.start_mark)
        if getattr(event, "tag", None):
            raise _mistake("tags are not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:  # the 31st of June, a number of five thousand digits
            raise _mistake("there is no such date or number", node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise _mistake("a key must be text; put it in quotes", key_node.start_mark)
            if key in seen:
                raise _mistake(f"the key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _mistake(problem: str, mark: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


# YAML 1.1 reads NO as false, 12:30 as 750 and 012 as 10: here they are text, as they look.
_StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":null", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf")
)
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789")
)
_StrictLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$"),
    list("-+0123456789"),
)
# The decimal that was written, not the binary float that is nearest to it.
_StrictLoader.add_constructor("tag:yaml.org,2002:float", lambda _, node: Decimal(node.value))

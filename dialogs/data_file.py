"""Data in YAML files, ours or a deployment's: read strictly into a model, every fault with its file and line."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)

Place: TypeAlias = tuple[str | int, ...]
"""Where something stands in a file: keys and indices, from the outside in."""


class DataFileError(Exception):
    """A data file cannot be used; the message has one line a fault, `file:line: what`."""


def read_data_file(path: Path, kind: type[M], faults: Callable[[M], Iterable[tuple[Place, str]]]) -> M:
    """Read a file.

    Args:
        path: of a YAML file in UTF-8.
        kind: the model that it must fit.
        faults: says what is wrong with it beyond its shape: where and what.

    Raises:
        DataFileError: the file is not usable.
        OSError: it cannot be read.
    """
    node: yaml.Node | None = None
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        node = loader.get_single_node()
        data = kind.model_validate(loader.construct_document(node) if node else None)
    except UnicodeDecodeError as error:
        message = f"{path}:1: not UTF-8: {error.reason}"
        raise DataFileError(message) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        message = f"{path}:{mark.line + 1 if mark else 1}: {getattr(error, 'problem', error)}"
        raise DataFileError(message) from error
    except ValidationError as error:
        found = [(detail["loc"], _told(detail["loc"], detail["type"], detail["msg"])) for detail in error.errors()]
    else:
        found = list(faults(data))
        if not found:
            return data
    raise DataFileError("\n".join(f"{path}:{_line(node, where)}: {what}" for where, what in found))


def _told(where: Place, fault: str, message: str) -> str:
    """Return what a model says about a value; with the key where that cannot be seen on the line that is named."""
    named = f"{where[-1]}: " if fault in ("missing", "extra_forbidden") else ""
    return named + message.removeprefix("Value error, ")


class _Loader(yaml.CSafeLoader):
    """YAML's safe loader, but stricter.

    A key that stands twice is an error, as the second would silently win; and what YAML takes for a value of Python and
    Python refuses, such as February 30, is an error of the file.
    """

    # The signatures of both are PyYAML's.

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                problem = f"the key {key.value!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002
        try:
            return super().construct_object(node, deep)
        except ValueError as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error


def _line(node: yaml.Node | None, where: Place) -> int:
    """Return the line on which the value at that path stands, or the nearest thing around it."""
    line = 1
    for step in where:
        if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        elif isinstance(node, yaml.MappingNode):
            found = [value for key, value in node.value if isinstance(key, yaml.ScalarNode) and key.value == str(step)]
            if not found:
                break
            node = found[0]
        else:
            break
        line = node.start_mark.line + 1
    return line

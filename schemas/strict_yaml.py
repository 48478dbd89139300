"""YAML without surprises: 1.2 scalars (`yes`, `no`, `on`, `off` are text), no repeated key, no tags, a line for every key."""

import re
from typing import Any

import yaml

from schemas.faults import UsageFault

Path = tuple[str | int, ...]
_MOST = 100_000  # nodes after aliases are followed: a file that says more is a bomb, not a recipe
_CORE = "tag:yaml.org,2002:"
_SCALARS = {
    "null": (re.compile(r"~|null|Null|NULL|"), "~nN"),
    "bool": (re.compile(r"true|True|TRUE|false|False|FALSE"), "tTfF"),
    "int": (re.compile(r"[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+"), "-+0123456789"),
    "float": (
        re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
        "-+.0123456789",
    ),
}


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 or 1.2 would read as anything but text."""

    yaml_implicit_resolvers = {first: list(found) for first, found in yaml.SafeDumper.yaml_implicit_resolvers.items()}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, text: str) -> yaml.ScalarNode:
        return self.represent_scalar(_CORE + "str", text, None if text.isprintable() else '"')  # PyYAML folds odd line ends


_Dumper.add_representer(str, _Dumper.represent_str)

for _kind, (_pattern, _firsts) in _SCALARS.items():
    for _class in (_Loader, _Dumper):
        _whole = re.compile(f"(?:{_pattern.pattern})\\Z")
        _class.add_implicit_resolver(_CORE + _kind, _whole, [*_firsts, *([""] if _kind == "null" else [])])


def parse(text: str, name: str) -> tuple[Any, dict[Path, int]]:
    """The value of one document and the line (from 1) of every key and element. Errors are UsageFault with `name` and line."""
    try:
        node = yaml.compose(text, _Loader)
        lines: dict[Path, int] = {}
        return (None if node is None else _Reader(name, lines).value(node, (), ())), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise UsageFault(f"{name}{where}: not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise UsageFault(f"{name}: not YAML: {error}") from None
    except RecursionError:
        raise UsageFault(f"{name}: nested too deep") from None


def dump(value: Any) -> str:
    """The value as YAML, keys in the order given."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=130)


class _Reader:
    def __init__(self, name: str, lines: dict[Path, int]) -> None:
        self.name, self.lines, self.seen = name, lines, 0

    def value(self, node: yaml.Node, path: Path, above: tuple[int, ...]) -> Any:
        self.seen += 1
        if self.seen > _MOST or id(node) in above:
            raise self.fault(node, "an alias that holds itself" if id(node) in above else f"more than {_MOST} values")
        self.lines.setdefault(path, node.start_mark.line + 1)
        kind = node.tag.removeprefix(_CORE)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self.mapping(node, path, (*above, id(node)))
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return [self.value(each, (*path, at), (*above, id(node))) for at, each in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode) and kind in (*_SCALARS, "str"):
            return self.scalar(node, kind)
        raise self.fault(node, f"the tag {node.tag!r} is not read here: write plain text, numbers, lists and maps")

    def mapping(self, node: yaml.MappingNode, path: Path, above: tuple[int, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.fault(key, "a key must be a word")
            line = key.start_mark.line + 1
            if key.value in found:
                raise self.fault(key, f"the key {key.value!r} is written twice: lines {self.lines[*path, key.value]} and {line}")
            self.lines[*path, key.value] = line
            found[key.value] = self.value(value, (*path, key.value), above)
        return found

    def scalar(self, node: yaml.ScalarNode, kind: str) -> Any:
        text = node.value
        try:
            if kind == "int":
                return int(text.replace("_", ""), 0 if text[:2] in ("0x", "0o") else 10)
            if kind == "float":
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan").replace("_", ""))
        except ValueError:
            raise self.fault(node, f"{text[:40]!r} is not a number that can be read") from None
        return {"null": None, "bool": text.lower() == "true"}.get(kind, text)

    def fault(self, node: yaml.Node, problem: str) -> UsageFault:
        return UsageFault(f"{self.name}, line {node.start_mark.line + 1}: {problem}")

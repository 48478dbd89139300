"""Rules: one boolean SQL expression each, parsed by DuckDB, checked node by node, and only then evaluated.

A rule's text is never pasted into a statement that runs: it is first parsed to a tree (`json_serialize_sql`), and a tree that
holds anything but columns in scope, constants, operators, CASE, IN, LIKE, BETWEEN, IS NULL, simple casts and the functions
in `FUNCTIONS` is refused. An expression that fails for a unit (a bad cast, an overflow, a division by zero) is unknown there.
"""

import functools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from schemas.faults import UsageFault
from schemas.mistakes import nearest
from sql import duck


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


FUNCTIONS = _set("""
    abs round floor ceil ceiling trunc sign least greatest coalesce ifnull nullif if ln log log2 log10 exp sqrt pow power mod
    length len strlen lower upper trim ltrim rtrim left right substring substr contains starts_with ends_with prefix suffix
    strpos instr position regexp_matches regexp_full_match list_contains list_has list_has_any list_has_all array_length
    isnan isinf isfinite list_value""")
_OPERATORS = _set("+ - * / // % ** ^ || ~~ !~~ ~~* !~~* ~~~ like_escape not_like_escape ilike_escape not_ilike_escape")
_TYPES = _set("""
    BOOLEAN TINYINT SMALLINT INTEGER BIGINT HUGEINT UTINYINT USMALLINT UINTEGER UBIGINT FLOAT DOUBLE REAL VARCHAR TEXT BOOL INT
    STRING""")
_NODES = {  # class -> keys whose values are expressions
    "COLUMN_REF": (),
    "CONSTANT": (),
    "COMPARISON": ("left", "right"),
    "CONJUNCTION": ("children",),
    "OPERATOR": ("children",),
    "FUNCTION": ("arguments",),
    "CASE": ("case_checks", "else_expr"),
    "BETWEEN": ("input", "lower", "upper"),
    "CAST": ("child",),
}
_OTHER_KEYS = _set("""
    class type alias query_location query_location_length column_names literal function_name is_operator qualified_name order_bys
    type_expr try_cast""")
_KINDS = _set("""
    OPERATOR_NOT OPERATOR_IS_NULL OPERATOR_IS_NOT_NULL OPERATOR_COALESCE OPERATOR_TRY COMPARE_IN COMPARE_NOT_IN ARRAY_EXTRACT
    ARRAY_CONSTRUCTOR""")
_IN_WORDS = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "PARAMETER": "a parameter",
    "STAR": "a star",
    "LAMBDA": "a lambda",
    "STRUCT_EXTRACT": "a column in brackets (write chosen.words)",
}
_PREFER = re.compile(r"\s*(\w+(?:\.\w+)?)\s+(ASC|DESC)\s*", re.IGNORECASE)
_LONGEST = 4000  # characters of one rule

Tree = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A checked rule: its name and text as written, why it is there, and the columns it reads, as the table spells them."""

    name: str
    sql: str
    why: str | None
    columns: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.sql.split()) + (f" ({self.why})" if self.why else "")


def check(name: str, sql: str, columns: dict[str, pa.DataType], why: str | None = None) -> Rule:
    """The rule, if it is one boolean expression over `columns`; else UsageFault with one clear message."""
    tree = _tree(name, sql)
    spelled = [_spelled(name, path, columns) for path in _paths(name, tree)]
    blank = pa.schema([(column, columns[column]) for column in sorted({path.split(".")[0] for path in spelled})])
    row = pa.table({field.name: pa.nulls(1, field.type) for field in blank} or {"nothing": pa.nulls(1)})
    try:
        answer = _parser().from_arrow(row).project(duckdb.SQLExpression(sql).alias("answer"))
        kind = str(answer.types[0])
        answer.to_arrow_table()
    except duckdb.Error as error:
        raise UsageFault(f"rule {name}: {duck.message(error)}") from None
    if kind != "BOOLEAN":
        raise UsageFault(f"rule {name}: must be true or false, and is {kind.strip(chr(34))}: {' '.join(sql.split())}")
    return Rule(name, sql, why, tuple(dict.fromkeys(spelled)))


def columns_used(sql: str) -> set[str]:
    """The columns, in lower case, that a rule or an entry of `prefer` (`quality DESC`) names; `chosen.words` keeps its prefix."""
    ordered = _PREFER.fullmatch(sql)
    if ordered:
        return {ordered[1].lower()}
    return {".".join(path).lower() for path in _paths(repr(sql), _tree(repr(sql), sql))}


def numbers(sql: str) -> list[tuple[str, float]]:
    """The columns, in lower case, that a rule compares with a number, each with that number, in the order written."""
    found = []
    for node in _walk(repr(sql), _tree(repr(sql), sql)):
        sides = {"COMPARISON": (("left", "right"), ("right", "left")), "BETWEEN": (("input", "lower"), ("input", "upper"))}
        for column, number in sides.get(node["class"], ()):
            literal, read = node[number].get("literal", {}), _filled(node[column])
            if read["class"] == "COLUMN_REF" and literal.get("kind") in ("INTEGER", "NUMERIC"):
                found.append((".".join(read["column_names"]).lower(), float(literal["text"])))
    return found


def _filled(node: Tree) -> Tree:
    """What `coalesce(column, ...)` reads first; else the node itself."""
    return node["children"][0] if node.get("type") == "OPERATOR_COALESCE" else node


def prefer(entry: str | dict[str, list[str]], columns: Iterable[str]) -> tuple[str, str | list[str]]:
    """`quality DESC` as (column, ASC or DESC), ASC where nothing is said; {column: values} as it is. NULLs always come last."""
    text, values = next(iter(entry.items())) if isinstance(entry, dict) else (entry, None)
    found = _PREFER.fullmatch(text) or _PREFER.fullmatch(f"{text} ASC")
    if not found:
        raise UsageFault(f"prefer: expected a column with ASC or DESC, got {text!r}")
    known = {column.lower(): column for column in columns}
    if found[1].lower() not in known:
        raise UsageFault(f"prefer: unknown column {found[1]!r}; {nearest(found[1], known.values())}")
    return known[found[1].lower()], found[2].upper() if values is None else values


@functools.cache
def _home() -> duckdb.DuckDBPyConnection:
    return duck.connect()


def _parser() -> duckdb.DuckDBPyConnection:
    """A cursor of its own for every caller: threads may check rules at the same time."""
    return _home().cursor()


def _tree(name: str, sql: str) -> Tree:
    """The parse tree of exactly one expression."""
    if len(sql) > _LONGEST:
        raise UsageFault(f"rule {name}: {len(sql)} characters, and {_LONGEST} is the most: split it into several rules")
    if not sql.isprintable() and (odd := [char for char in sql if not char.isprintable() and char not in "\n\t\r"]):
        raise UsageFault(f"rule {name}: holds the character {odd[0]!r}")
    try:
        duckdb.SQLExpression(sql)  # refuses several statements, several expressions and an alias
        ask = "SELECT json_serialize_sql(?, skip_default := true, skip_empty := true, skip_null := true)"
        found = _parser().execute(ask, [f"SELECT (\n{sql}\n)"]).fetchall()
    except duckdb.Error as error:
        raise UsageFault(f"rule {name}: not one SQL expression: {duck.message(error)}") from None
    parsed = json.loads(found[0][0])
    if parsed["error"] or len(parsed["statements"]) != 1:
        said = " ".join(str(parsed.get("error_message", "several statements")).split())
        raise UsageFault(f"rule {name}: not one SQL expression: {said}")
    node = parsed["statements"][0]["node"]
    plain = {"type", "cte_map", "select_list", "from_table", "aggregate_handling"}
    if set(node) - plain or node["from_table"] != {"type": "EMPTY"} or len(node["select_list"]) != 1:
        raise UsageFault(f"rule {name}: a rule is one expression, without FROM, WHERE or anything after it")
    return node["select_list"][0]


def _paths(name: str, tree: Tree) -> list[list[str]]:
    """Every column reference of a tree whose nodes are all allowed, in the order written."""
    return [node["column_names"] for node in _walk(name, tree) if node["class"] == "COLUMN_REF"]


def _walk(name: str, node: Tree) -> Iterator[Tree]:
    kind = node.get("class", "?")
    if kind not in _NODES:
        raise UsageFault(f"rule {name}: holds {_IN_WORDS.get(kind, kind)}: a rule may only compute with one unit's columns")
    if kind == "FUNCTION":
        _function(name, node)
    elif kind == "OPERATOR" and node["type"] not in _KINDS:
        raise UsageFault(f"rule {name}: {_IN_WORDS.get(node['type'], node['type'])} is not allowed in a rule")
    elif kind == "CAST" and not _simple(node["type_expr"]):
        raise UsageFault(f"rule {name}: a cast to {node['type_expr'].get('type_name')}; allowed are {', '.join(sorted(_TYPES))}")
    odd = set(node) - _OTHER_KEYS - set(_NODES[kind])
    if odd or node.get("alias"):
        raise UsageFault(f"rule {name}: {', '.join(sorted(odd or {'alias'}))} is not allowed in a rule")
    yield node
    for key in _NODES[kind]:
        inner = node.get(key, [])
        for child in inner if isinstance(inner, list) else [inner]:
            for each in _unwrapped(child):
                yield from _walk(name, each)


def _simple(cast: Tree) -> bool:
    plain = {"class", "type", "query_location", "query_location_length", "type_name", "qualified_name"}
    return not set(cast) - plain and len(cast["qualified_name"]["path"]) == 1 and cast["type_name"].upper() in _TYPES


def _unwrapped(child: Tree) -> list[Tree]:
    """A function's argument and a CASE's branch wrap their expressions once."""
    if "class" in child:
        return [child]
    return [child[key] for key in ("expression", "when_expr", "then_expr") if key in child]


def _function(name: str, node: Tree) -> None:
    called = node["function_name"].lower()
    operator = called in _OPERATORS and node.get("is_operator", called.endswith("_escape"))
    if len(node["qualified_name"]["path"]) != 1:
        raise UsageFault(f"rule {name}: write {called}(...) without a prefix")
    if not operator and called not in FUNCTIONS:
        raise UsageFault(f"rule {name}: the function {called} {_why_not(called)}")
    if node["order_bys"] != {"type": "ORDER_MODIFIER"} or any(argument.get("name") for argument in node.get("arguments", [])):
        raise UsageFault(f"rule {name}: {called}(...) takes plain arguments only")


def _why_not(called: str) -> str:
    ask = "SELECT function_type, stability FROM duckdb_functions() WHERE function_name = ? ORDER BY ALL LIMIT 1"
    found = _parser().execute(ask, [called]).fetchall()
    if not found:
        return f"is unknown; {nearest(called, FUNCTIONS)}"
    if found[0][0] == "aggregate":
        return "looks at many rows, and a rule sees one unit"
    return "is not allowed in a rule" + (": its answer changes" if found[0][1] not in ("CONSISTENT", None) else "")


def _spelled(name: str, path: list[str], columns: dict[str, pa.DataType]) -> str:
    """`path` as the table spells it; DuckDB does not tell upper from lower case."""
    known = {column.lower(): column for column in columns}
    top = known.get(path[0].lower())
    if top is None or len(path) > 2:
        raise UsageFault(f"rule {name}: unknown column {'.'.join(path)!r}; {nearest(path[0].lower(), known)}")
    if not pa.types.is_struct(columns[top]):
        if len(path) == 1:
            return top
        raise UsageFault(f"rule {name}: {top} has no parts: write {top} and not {'.'.join(path)}")
    parts = {columns[top].field(at).name.lower(): columns[top].field(at).name for at in range(columns[top].num_fields)}
    if len(path) == 1:
        raise UsageFault(
            f"rule {name}: {top} has parts: write one of {', '.join(f'{top}.{part}' for part in sorted(parts)[:20])}"
        )
    if path[1].lower() not in parts:
        raise UsageFault(f"rule {name}: unknown column {'.'.join(path)!r}; {nearest(path[1].lower(), parts)}")
    return f"{top}.{parts[path[1].lower()]}"

"""Macros that carry logic of their own, rendered without dbt and held against plain Python."""

import re
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.settings import DBT_PROJECT


def _macros() -> dict[str, Any]:
    texts = [path.read_text() for path in sorted((DBT_PROJECT / "macros").glob("*.sql"))]
    macros: dict[str, Any] = {}
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    environment.globals["return"] = lambda value: value
    blocks = re.findall(r"\{%-? macro .*?\{%-? endmacro -?%\}", "\n".join(texts), re.DOTALL)
    names = "component_labels|holds|in_list|contains_any|split_list|regex_full_match|plain_text|web_domain"
    wanted = rf"macro ({names})\("
    source = "\n".join(block for block in blocks if re.search(wanted, block.splitlines()[0]))
    module = environment.from_string(source).make_module()
    macros |= {name: value for name, value in vars(module).items() if not name.startswith("_")}
    environment.globals |= macros
    return macros


MACROS = _macros()


def _smallest_by_component(members: list[tuple[int, int]]) -> dict[int, int]:
    parent: dict[int, int] = {}

    def find(x: int) -> int:
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for node, key in members:
        parent[find(node)] = find(-1 - key)
    smallest: dict[int, int] = {}
    for node in sorted({node for node, _ in members}):
        smallest.setdefault(find(node), node)
    return {node: smallest[find(node)] for node in {node for node, _ in members}}


def _labels(members: list[tuple[int, int]]) -> dict[int, int]:
    with duckdb.connect() as con:
        con.execute("create table membership (node bigint, key bigint)")
        if members:
            con.executemany("insert into membership values (?, ?)", members)
        found = dict(con.execute(f"with {MACROS['component_labels']('membership')} from component_label").fetchall())
    return {node: found.get(node, node) for node in {node for node, _ in members}}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=60))
def test_components_are_those_of_union_find(members: list[tuple[int, int]]) -> None:
    assert _labels(members) == _smallest_by_component(members)


@pytest.mark.parametrize("length", [2, 50, 1000])
def test_a_long_chain_is_one_component(length: int) -> None:
    chain = [(node, key) for node in range(length) for key in (node, node + 1)]
    shuffled = [((node * 7919) % 100_003, key) for node, key in chain]
    assert len(set(_labels(shuffled).values())) == 1


HOLDS = [
    pytest.param("12", ">=", "5", True, id="numbers compare as numbers"),
    pytest.param("1000000.5", "is", "1000000.50", True, id="zeros at a number's end"),
    pytest.param("1000000.5", "in", "7|1000000.50", True, id="zeros at a number's end in a list"),
    pytest.param("v1.50", "in", "v1.5|v1.500", False, id="zeros at the end of what is no number"),
    pytest.param("1.50", "is", "1.50", True, id="a text that looks like a number"),
    pytest.param("2025-05-10 10:00:00", ">=", "2025-05-01", True, id="a time after a day"),
    pytest.param("2025-04-30 23:59:59", ">=", "2025-05-01", False, id="a time before a day"),
    pytest.param("2025-04-30 23:59:59", "<=", "2025-05-01", True, id="a time until a day"),
    pytest.param("", "<=", "2025-05-01", False, id="no time"),
    pytest.param("50", "between", "50|5000", True, id="both ends of between are included"),
    pytest.param("5000.5", "between", "50|5000", False, id="outside between"),
    pytest.param("many", ">=", "5", False, id="a text is no number"),
    pytest.param("true", "is", "TRUE", True, id="is ignores case"),
    pytest.param("", "is", "false", False, id="nothing is not false"),
    pytest.param("germany", "in", "Germany|France", True, id="in ignores case"),
    pytest.param("SAP; Salesforce", "in", "Salesforce|HubSpot", True, id="a multi-select is in by any part"),
    pytest.param("German", "in", "Germany|France", False, id="in takes whole values"),
    pytest.param("Spain", "not_in", "Germany|France", True, id="not in"),
    pytest.param("Head of Marketing", "contains", "marketing|sales", True, id="contains any"),
    pytest.param("Head of HR", "contains", "marketing|sales", False, id="contains none"),
    pytest.param("VP Sales", "regex", "vp.*", True, id="regex ignores case"),
    pytest.param("former VP", "regex", "vp.*", False, id="regex is of the whole value"),
    pytest.param("5.0", "=", "5", True, id="equal as numbers"),
]


@pytest.mark.parametrize(("text", "operator", "value", "expected"), HOLDS)
def test_holds(text: str, operator: str, value: str, expected: bool) -> None:
    sql = f"select {MACROS['holds']('t', 'o', 'v')} from (select ?::varchar as t, ?::varchar as o, ?::varchar as v)"
    with duckdb.connect() as con:
        assert con.execute(sql, [text, operator, value]).fetchone() == (expected,)


@pytest.mark.parametrize(
    ("website", "domain"),
    [
        ("https://www.Acme.com:443/about?x=1", "acme.com"),
        ("acme.co.uk", "acme.co.uk"),
        ("HTTP://shop.acme.com/", "shop.acme.com"),
        ("n/a", None),
        ("", None),
        (None, None),
    ],
)
def test_web_domain(website: str | None, domain: str | None) -> None:
    with duckdb.connect() as con:
        assert con.execute(
            f"select {MACROS['web_domain']('w')} from (select ?::varchar as w)", [website]
        ).fetchone() == (domain,)

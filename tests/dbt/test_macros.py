"""Macros that carry logic of their own, rendered without dbt and held against plain Python."""

import json
import re
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.settings import DBT_PROJECT
from scoring import monthly


def _macros() -> dict[str, Any]:
    texts = [path.read_text() for path in sorted((DBT_PROJECT / "macros").glob("*.sql"))]
    macros: dict[str, Any] = {}
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], autoescape=False)
    environment.globals["return"] = lambda value: value
    blocks = re.findall(r"\{%-? macro .*?\{%-? endmacro -?%\}", "\n".join(texts), re.DOTALL)
    names = (
        "component_labels|holds|in_list|contains_any|split_list|trimmed|regex_full_match|plain_text|web_domain|"
        "attribute_text"
    )
    wanted = rf"macro ({names})\("
    source = "\n".join(block for block in blocks if re.search(wanted, block.splitlines()[0]))
    module = environment.from_string(source).make_module()
    macros |= {name: value for name, value in vars(module).items() if not name.startswith("_")}
    environment.globals |= macros
    return macros


MACROS = _macros()


def _components(members: list[tuple[int, int]]) -> set[frozenset[int]]:
    parent: dict[int, int] = {}

    def find(x: int) -> int:
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for node, key in members:
        parent[find(node)] = find(-1 - key)
    return _together({node: find(node) for node, _ in members})


def _together(labels: dict[int, Any]) -> set[frozenset[int]]:
    return {frozenset(node for node in labels if labels[node] == label) for label in {*labels.values()}}


def _labelled(members: list[tuple[int, int]]) -> set[frozenset[int]]:
    with duckdb.connect() as con:
        con.execute("create table membership (node varchar, key varchar)")
        if members:
            con.executemany("insert into membership values (?, ?)", members)
        labels = con.execute(f"with {MACROS['component_labels']('membership')} from component_label").fetchall()
    found = {int(node): label for node, label in labels}
    assert len(found) == len(labels)
    return _together({node: found.get(node, node) for node, _ in members})


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=60))
def test_components_are_those_of_union_find(members: list[tuple[int, int]]) -> None:
    assert _labelled(members) == _components(members)


@pytest.mark.parametrize("length", [2, 32, 1000, 3000])
@pytest.mark.parametrize("step", [1, 7919], ids=["numbered along it", "shuffled"])
def test_a_long_chain_is_one_component(length: int, step: int) -> None:
    chain = [((node * step) % 100_003 + 100_000, key) for node in range(length) for key in (node, node + 1)]
    assert len(_labelled(chain)) == 1


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
    pytest.param("many", "between", "5|x", False, id="a text is between nothing"),
    pytest.param("70", "between", "50 | 5000", True, id="blanks around the bounds"),
    pytest.param("2026-03-31 00:00:00", "between", "2026-01-15|2026-03-31", True, id="a time between days"),
    pytest.param("2026-01-15 09:00:00", "between", "2026-01-15T08:00:00 | 2026-03-31", True, id="between times"),
    pytest.param("2026-04-01 00:00:00", "between", "2026-01-15|2026-03-31", False, id="a time outside between"),
    pytest.param("2026-03-31 00:00:00", "=", "2026-03-31", True, id="equal as times"),
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


@pytest.mark.parametrize("name", ["Tier", 'Deal "Size"', "*", "", ".", "\\", "~1", "a/b", "What's it?"])
def test_a_kept_column_may_have_any_name(name: str) -> None:
    text = MACROS["attribute_text"]("attributes", "name")
    assert monthly._attribute_text("name") == " ".join(text.split())
    query = f"select {text} from (select ?::varchar as attributes, ?::varchar as name)"
    with duckdb.connect() as con:
        assert con.execute(query, [json.dumps({"other": 1, name: "here"}), name]).fetchall() == [("here",)]


@pytest.mark.parametrize(
    "written", ["Software|Media", "Software | Media", "Software|\n Media\r\n", "\u00a0Software\t|Media"]
)
def test_blanks_and_line_ends_around_the_parts_of_a_list_say_nothing(written: str) -> None:
    """A cell of a spreadsheet may have a part on each line."""
    with duckdb.connect() as con:
        found = con.execute(f"select {MACROS['split_list']('$1')}", [written]).fetchall()
    assert found == [(["software", "media"],)]

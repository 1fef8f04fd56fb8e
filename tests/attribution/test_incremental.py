"""Nights one after the other through dbt itself: what is kept and redone equals a rebuild from nothing, row for row."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attribution.conftest import Compiled
from tests.attribution.lab import Deal, Lab, Touch
from tests.attribution.test_random_paths import companies

Company = tuple[list[Deal], list[Touch], list[tuple[str, str, float]]]
CREDIT = [
    "int_attribution_model",
    "int_opportunity_window",
    "int_opportunity_path",
    "int_attribution_anchor",
    "int_attribution_credit",
]


@st.composite
def nights(draw: st.DrawFn) -> list[Company]:
    """Deliveries in a row: each keeps part of the last night's deals and touches and replaces, drops or adds others."""
    company = draw(companies())
    states = [company]
    for _ in range(draw(st.integers(1, 3))):
        deals, touches, lost = states[-1]
        new_deals, new_touches, _ = draw(companies())
        kept_deals = {deal.opportunity_id: deal for deal in deals if draw(st.booleans())}
        changed_deals = {deal.opportunity_id: deal for deal in new_deals if draw(st.booleans())}
        kept_touches = {touch.touch_id: touch for touch in touches if draw(st.integers(0, 9))}
        changed_touches = {touch.touch_id: touch for touch in new_touches if not draw(st.integers(0, 4))}
        states.append(
            (
                list({**kept_deals, **changed_deals}.values()),
                list({**kept_touches, **changed_touches}.values()),
                lost,
            )
        )
    return states


def deliver(home: Path, compiled: Compiled, company: Company) -> None:
    lab = Lab.open(home / "warehouse.duckdb", *compiled)
    lab.load(*company)
    lab.con.close()


def credit(home: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        return con.execute("select * from intermediate.int_attribution_credit order by all").fetchall()


def check(dbt: Callable[..., None], home: Path, compiled: Compiled, states: list[Company]) -> None:
    for number, state in enumerate(states):
        deliver(home, compiled, state)
        dbt("run", "--select", *CREDIT, *(["--full-refresh"] if number == 0 else []))
    kept = credit(home)
    dbt("run", "--full-refresh", "--select", "int_attribution_credit")
    assert kept == credit(home)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(states=nights())
def test_nights_in_a_row_equal_a_rebuild(
    dbt: Callable[..., None], dbt_home: Path, compiled: Compiled, states: list[Company]
) -> None:
    check(dbt, dbt_home, compiled, states)


@pytest.mark.heavy
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(states=nights())
def test_many_nights_in_a_row_equal_a_rebuild(
    dbt: Callable[..., None], dbt_home: Path, compiled: Compiled, states: list[Company]
) -> None:
    check(dbt, dbt_home, compiled, states)


def test_a_late_touch_redoes_its_deal_and_no_other(
    dbt: Callable[..., None], dbt_home: Path, compiled: Compiled
) -> None:
    deals = [Deal("o1", people=("p",)), Deal("o2", people=("q",))]
    touches = [Touch("t1", -3, "email", "p"), Touch("t2", -3, "email", "q")]
    deliver(dbt_home, compiled, (deals, touches, []))
    dbt("run", "--select", *CREDIT, "--full-refresh")
    with duckdb.connect(str(dbt_home / "warehouse.duckdb")) as con:
        # a mark on the rows: what is not redone keeps it
        con.execute("update intermediate.int_attribution_credit set content = 'kept'")
    deliver(dbt_home, compiled, (deals, [*touches, Touch("t3", -2, "event", "p")], []))
    dbt("run", "--select", *CREDIT)
    marks = {(opportunity, content) for opportunity, content in select(dbt_home, "opportunity_id, content")}
    assert marks == {("o1", None), ("o2", "kept")}


def test_a_night_killed_between_delete_and_insert_heals_itself(
    dbt: Callable[..., None], dbt_home: Path, compiled: Compiled
) -> None:
    deals = [Deal("o1", people=("p",)), Deal("o2", people=("q",))]
    deliver(dbt_home, compiled, (deals, [Touch("t1", -3, "email", "p"), Touch("t2", -3, "email", "q")], []))
    dbt("run", "--select", *CREDIT, "--full-refresh")
    whole = credit(dbt_home)
    with duckdb.connect(str(dbt_home / "warehouse.duckdb")) as con:
        con.execute("delete from intermediate.int_attribution_credit where opportunity_id = 'o1'")
    dbt("run", "--select", *CREDIT)
    assert credit(dbt_home) == whole


def select(home: Path, columns: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        return con.execute(f"select distinct {columns} from intermediate.int_attribution_credit").fetchall()

"""Nights one after the other through dbt itself: what is kept and redone equals a rebuild from nothing, row for row."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.contracts.graph.manifest import Manifest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attribution.conftest import Compiled
from tests.attribution.lab import AS_OF, Deal, Lab, Touch
from tests.attribution.test_random_paths import companies

LostLead = tuple[str, str, float]
MODELS = [
    "int_attribution_model",
    "int_touch_horizon",
    "int_opportunity_window",
    "int_opportunity_path_summary",
    "int_opportunity_path",
    "int_attribution_anchor",
    "int_attribution_credit",
]
# each with a column that a test may use for a mark: credit takes its content from the path
KEPT = {"int_opportunity_path": "content", "int_attribution_credit": "campaign_id"}


@dataclass(frozen=True)
class Night:
    """What one night finds: records, definitions and its clock."""

    deals: list[Deal]
    touches: list[Touch]
    lost_leads: list[LostLead] = field(default_factory=list)
    lookback_days: int = 90
    half_life_days: int = 7
    first_weight: int = 40
    excluded: str | None = None
    day: int = 0


@st.composite
def nights(draw: st.DrawFn) -> list[Night]:
    """Deliveries in a row: each keeps part of the last night's deals and touches and replaces, drops or adds others.
    A touch that comes again may be another person's (merged people), of another channel or of another day."""
    deals, touches, lost = draw(companies())
    states = [Night(deals, touches, lost)]
    for number in range(draw(st.integers(1, 3))):
        before = states[-1]
        new_deals, new_touches, _ = draw(companies())
        kept_deals = {deal.opportunity_id: deal for deal in before.deals if draw(st.booleans())}
        changed_deals = {deal.opportunity_id: deal for deal in new_deals if draw(st.booleans())}
        kept_touches = {touch.touch_id: touch for touch in before.touches if draw(st.integers(0, 9))}
        changed_touches = {touch.touch_id: touch for touch in new_touches if not draw(st.integers(0, 4))}
        states.append(
            Night(
                list({**kept_deals, **changed_deals}.values()),
                list({**kept_touches, **changed_touches}.values()),
                lost,
                lookback_days=draw(st.sampled_from([before.lookback_days, 30, 90])),
                half_life_days=draw(st.sampled_from([before.half_life_days, 7, 14])),
                first_weight=draw(st.sampled_from([before.first_weight, 40, 60])),
                day=number + 1,
            )
        )
    return states


def deliver(home: Path, compiled: Compiled, night: Night) -> None:
    lab = Lab.open(home / "warehouse.duckdb", *compiled)
    lab.load(night.deals, night.touches, night.lost_leads)
    for setting, days in [
        ("attribution_lookback_days", night.lookback_days),
        ("time_decay_half_life_days", night.half_life_days),
    ]:
        lab.con.execute("update staging.stg_definitions__setting set value = ? where setting = ?", [str(days), setting])
    lab.con.execute(
        "update definitions.attribution_models set first = ? where model = 'u_shaped'", [night.first_weight]
    )
    lab.con.execute(
        "update definitions.attribution_models set exclude_channels = ? where model in ('first_touch', 'linear')",
        [night.excluded],
    )
    lab.con.execute("update control.run set as_of = ?", [AS_OF + timedelta(days=night.day)])
    lab.con.close()


def rows(home: Path, model: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        return con.execute(f"select * from intermediate.{model} order by all").fetchall()


@pytest.fixture
def night(dbt: Callable[..., None], dbt_home: Path, compiled: Compiled) -> Iterator[Callable[..., None]]:
    """Delivers, then runs the attribution models; definitions and clock are put back at the end."""

    def run(state: Night, *arguments: str) -> None:
        deliver(dbt_home, compiled, state)
        dbt("run", "--select", *MODELS, *arguments)

    yield run
    deliver(dbt_home, compiled, Night([], []))


def check(night: Callable[..., None], home: Path, states: list[Night]) -> None:
    night(states[0], "--full-refresh")
    for state in states[1:]:
        night(state)
    kept = {model: rows(home, model) for model in KEPT}
    night(states[-1], "--full-refresh")
    for model in KEPT:
        assert kept[model] == rows(home, model), model


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(states=nights())
def test_nights_in_a_row_equal_a_rebuild(night: Callable[..., None], dbt_home: Path, states: list[Night]) -> None:
    check(night, dbt_home, states)


@pytest.mark.heavy
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(states=nights())
def test_many_nights_in_a_row_equal_a_rebuild(night: Callable[..., None], dbt_home: Path, states: list[Night]) -> None:
    check(night, dbt_home, states)


# One deal after the other changes; "o2" stays as it is. What a night redoes loses the mark that the test set on it.
TWO_DEALS = [
    Deal("o1", created=0, closed=10, is_won=True, lead_created=-5, people=("p", "p2")),
    Deal("o2", created=0, closed=10, is_won=True, lead_created=-5, people=("q",)),
]
THREE_TOUCHES = [Touch("t1", -3, "email", "p"), Touch("t2", -3, "email", "q"), Touch("t3", 4, "event", "p2")]


@pytest.mark.parametrize(
    ("change", "redone_path", "redone_credit"),
    [
        pytest.param({}, set(), set(), id="nothing new"),
        pytest.param({"touches": [*THREE_TOUCHES, Touch("t4", -2, "event", "p")]}, {"o1"}, {"o1"}, id="late touch"),
        pytest.param({"touches": THREE_TOUCHES[:2]}, {"o1"}, {"o1"}, id="deleted touch"),
        pytest.param(
            {"touches": [replace(touch, person=touch.person[0]) for touch in THREE_TOUCHES]},
            {"o1"},
            {"o1"},
            id="merged person",
        ),
        pytest.param({"touches": [*THREE_TOUCHES, Touch("t4", 11, "event", "p")]}, set(), set(), id="after the close"),
        pytest.param({"touches": [*THREE_TOUCHES, Touch("t4", -91, "event", "p")]}, set(), set(), id="too early"),
        pytest.param({"touches": [*THREE_TOUCHES, Touch("t4", -2, "event", "r")]}, set(), set(), id="of nobody's"),
        pytest.param({"deals": [replace(TWO_DEALS[0], amount="9.99"), TWO_DEALS[1]]}, set(), {"o1"}, id="amount"),
        pytest.param({"deals": [replace(TWO_DEALS[0], lead_created=-1), TWO_DEALS[1]]}, set(), {"o1"}, id="lead"),
        pytest.param(
            {"deals": [replace(TWO_DEALS[0], closed=None, is_won=False), TWO_DEALS[1]]}, set(), set(), id="reopened"
        ),
        pytest.param({"deals": [replace(TWO_DEALS[0], closed=2), TWO_DEALS[1]]}, {"o1"}, {"o1"}, id="closed earlier"),
        pytest.param({"deals": TWO_DEALS[1:]}, set(), set(), id="deleted deal"),
        pytest.param({"lookback_days": 30}, set(), set(), id="lookback that loses nothing"),
        pytest.param({"lookback_days": 2}, {"o1"}, {"o1", "o2"}, id="lookback"),
        pytest.param({"half_life_days": 14}, set(), {"o1", "o2"}, id="half-life"),
        pytest.param({"first_weight": 60}, set(), {"o1", "o2"}, id="weights"),
        pytest.param({"day": 1}, set(), set(), id="another night"),
        # the last column of what is hashed, changed alike in two rows
        pytest.param({"excluded": "event"}, set(), {"o1", "o2"}, id="what two models leave out"),
        pytest.param(
            {
                "touches": [replace(touch, content="guide") for touch in THREE_TOUCHES if touch.person != "q"]
                + [THREE_TOUCHES[1]]
            },
            {"o1"},
            {"o1"},
            id="the content of two touches",
        ),
    ],
)
def test_a_night_redoes_what_changed_and_no_more(
    night: Callable[..., None],
    dbt_home: Path,
    compiled: Compiled,
    change: dict[str, Any],
    redone_path: set[str],
    redone_credit: set[str],
) -> None:
    before = Night(TWO_DEALS, THREE_TOUCHES)
    first_night(dbt_home, compiled, before)
    mark_rows(dbt_home)
    night(replace(before, **change))
    assert made_anew(dbt_home, "int_opportunity_path") == redone_path
    assert made_anew(dbt_home, "int_attribution_credit") == redone_credit


def first_night(home: Path, compiled: Compiled, state: Night) -> None:
    """As a full refresh leaves the tables, without the seconds that dbt takes."""
    deliver(home, compiled, state)
    lab = Lab.open(home / "warehouse.duckdb", *compiled)
    lab.build(*MODELS)
    lab.con.close()


def mark_rows(home: Path) -> None:
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        for model, column in KEPT.items():
            con.execute(f"update intermediate.{model} set {column} = 'kept'")


def made_anew(home: Path, model: str) -> set[object]:
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        query = f"select opportunity_id from intermediate.{model} where {KEPT[model]} is distinct from 'kept'"
        return {opportunity for (opportunity,) in con.execute(query).fetchall()}


@pytest.mark.parametrize("model", KEPT)
def test_a_night_killed_between_delete_and_insert_heals_itself(
    night: Callable[..., None], dbt_home: Path, compiled: Compiled, model: str
) -> None:
    state = Night(TWO_DEALS, THREE_TOUCHES)
    first_night(dbt_home, compiled, state)
    whole = rows(dbt_home, model)
    with duckdb.connect(str(dbt_home / "warehouse.duckdb")) as con:
        con.execute(f"delete from intermediate.{model} where opportunity_id = 'o1'")
    night(state)
    assert rows(dbt_home, model) == whole


@pytest.mark.parametrize(
    ("macro", "changed", "new", "redone"),
    [
        ("numbered_path", "touch_id\n", "touch_id desc\n", {"int_opportunity_path", "int_attribution_credit"}),
        ("rule_credit", "where weight > 0", "where weight > 0.0", {"int_attribution_credit"}),
        ("allocate_cents", "remainder desc", "remainder", {"int_attribution_credit"}),
    ],
)
def test_a_release_that_changes_the_sql_redoes_what_the_sql_makes(
    night: Callable[..., None],
    dbt_home: Path,
    compiled: Compiled,
    manifest: Manifest,
    macro: str,
    changed: str,
    new: str,
    redone: set[str],
) -> None:
    state = Night(TWO_DEALS, THREE_TOUCHES)
    first_night(dbt_home, compiled, state)
    mark_rows(dbt_home)
    definition = manifest.macros[f"macro.handoff.{macro}"]
    released = definition.macro_sql
    definition.macro_sql = released.replace(changed, new)
    assert definition.macro_sql != released
    try:
        night(state)
    finally:
        definition.macro_sql = released
    assert {model for model in KEPT if made_anew(dbt_home, model)} == redone


@pytest.mark.parametrize("model", KEPT)
def test_a_table_of_a_release_without_fingerprints_is_made_anew(
    night: Callable[..., None], dbt_home: Path, compiled: Compiled, model: str
) -> None:
    state = Night(TWO_DEALS, THREE_TOUCHES)
    first_night(dbt_home, compiled, state)
    columns, whole = columns_of(dbt_home, model), rows(dbt_home, model)
    with duckdb.connect(str(dbt_home / "warehouse.duckdb")) as con:
        con.execute(f"alter table intermediate.{model} drop column fingerprint")
        con.execute(f"alter table intermediate.{model} add column of_old_times integer")
    night(state)
    assert columns_of(dbt_home, model) == columns
    assert rows(dbt_home, model) == whole


def columns_of(home: Path, model: str) -> list[str]:
    with duckdb.connect(str(home / "warehouse.duckdb")) as con:
        return [row[0] for row in con.execute(f"describe intermediate.{model}").fetchall()]

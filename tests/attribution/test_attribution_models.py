"""Each model on paths worked by hand: the cents as a person would write them down."""

from decimal import Decimal
from itertools import pairwise

import pytest

from tests.attribution.lab import AS_OF, DAY_ZERO, Deal, Lab, Touch

RULES = ["first_touch", "last_touch", "last_non_direct", "linear", "time_decay", "u_shaped", "w_shaped", "full_path"]
MODELS = [*RULES, "markov", "shapley"]


def cents(lab: Lab, deal: Deal, touches: list[Touch], basis: str) -> dict[str, dict[str | None, str]]:
    """Model -> touch -> credited amount, of one deal."""
    credit = lab.attribute([deal], touches)
    return {
        model: {touch: str(amount) for touch, (_, amount) in sorted(rows.items(), key=str)}
        for (_, of, model), rows in credit.items()
        if of == basis
    }


@pytest.mark.parametrize("basis", ["pipeline", "revenue"])
def test_one_touch_takes_everything_in_every_model(lab: Lab, basis: str) -> None:
    deal = Deal("o", "99.99", closed=10, is_won=True, lead_created=-5)
    assert cents(lab, deal, [Touch("t1", -6, "email")], basis) == {model: {"t1": "99.99"} for model in MODELS}


def test_a_deal_dated_after_now_is_credited_whole(lab: Lab) -> None:
    """No path of the chain has its channels yet."""
    ahead = (AS_OF - DAY_ZERO).days + 1
    touches = [Touch("t1", ahead - 3, "email"), Touch("t2", ahead - 2, "event")]
    deal = Deal("o", "100.00", created=ahead, closed=ahead, is_won=True)
    for basis in ("pipeline", "revenue"):
        assert cents(lab, deal, touches, basis)["markov"] == {"t1": "50.00", "t2": "50.00"}


def test_two_touches(lab: Lab) -> None:
    # The lead is created on day -5: t1 is its touch. The opportunity on day 0: t2 is its touch and the last.
    deal = Deal("o", "100.00", lead_created=-5)
    touches = [Touch("t1", -7, "paid_search"), Touch("t2", 0, "email")]
    credited = cents(lab, deal, touches, "pipeline")
    assert credited["first_touch"] == {"t1": "100.00"}
    assert credited["last_touch"] == {"t2": "100.00"}
    assert credited["linear"] == {"t1": "50.00", "t2": "50.00"}
    # 2^(-7/7) = 1/2 against 1: a third and two thirds; 33.33|33, 66.66|66: the cent goes to t2
    assert credited["time_decay"] == {"t1": "33.33", "t2": "66.67"}
    # 40 and 40, the others' 20 in proportion
    assert credited["u_shaped"] == {"t1": "50.00", "t2": "50.00"}
    # t1 is first and lead_created (60), t2 opportunity_created (30), the others' 10 in proportion: 2/3, 1/3
    assert credited["w_shaped"] == {"t1": "66.67", "t2": "33.33"}
    assert credited["full_path"] == credited["w_shaped"]


def test_three_touches_on_the_revenue_path(lab: Lab) -> None:
    # lead on day -5 (t1 before it), opportunity on day 0 (t2 at it), closed on day 14 (t3 before it)
    deal = Deal("o", "100.00", closed=14, is_won=True, lead_created=-5)
    touches = [Touch("t1", -7, "paid_search"), Touch("t2", 0, "email"), Touch("t3", 7, "direct")]
    credited = cents(lab, deal, touches, "revenue")
    assert credited["last_touch"] == {"t3": "100.00"}
    assert credited["last_non_direct"] == {"t2": "100.00"}
    # 33.33 each, the cent left goes to the earliest
    assert credited["linear"] == {"t1": "33.34", "t2": "33.33", "t3": "33.33"}
    # 1/4 : 1/2 : 1 = 1/7, 2/7, 4/7
    assert credited["time_decay"] == {"t1": "14.29", "t2": "28.57", "t3": "57.14"}
    assert credited["u_shaped"] == {"t1": "40.00", "t2": "20.00", "t3": "40.00"}
    # t1 60, t2 30, the others' 10 to t3
    assert credited["w_shaped"] == {"t1": "60.00", "t2": "30.00", "t3": "10.00"}
    # t1 45, t2 22.5, t3 22.5 of 90, the others' 10 in proportion: 1/2, 1/4, 1/4
    assert credited["full_path"] == {"t1": "50.00", "t2": "25.00", "t3": "25.00"}


def test_five_touches(lab: Lab) -> None:
    deal = Deal("o", "1000.00", closed=14, is_won=True, lead_created=-5)
    touches = [
        Touch("t1", -20, "paid_search"),
        Touch("t2", -6, "email"),
        Touch("t3", -1, "email"),
        Touch("t4", 6, "organic_search"),
        Touch("t5", 13, "direct"),
    ]
    credited = cents(lab, deal, touches, "revenue")
    assert credited["linear"] == {f"t{n}": "200.00" for n in range(1, 6)}
    # 34, 20, 15, 8 and 1 days before the close: 19.63|14, 78.52|56, 128.83|47, 257.66|94, 515.33|88
    assert credited["time_decay"] == {"t1": "19.63", "t2": "78.53", "t3": "128.83", "t4": "257.67", "t5": "515.34"}
    # others: t2, t3, t4 share 20
    assert credited["u_shaped"] == {"t1": "400.00", "t2": "66.67", "t3": "66.67", "t4": "66.66", "t5": "400.00"}
    # first t1, lead t2, opportunity t3 at 30, others t4 and t5 at 5
    assert credited["w_shaped"] == {"t1": "300.00", "t2": "300.00", "t3": "300.00", "t4": "50.00", "t5": "50.00"}
    # t1, t2, t3, t5 at 22.5, t4 at 10
    assert credited["full_path"] == {"t1": "225.00", "t2": "225.00", "t3": "225.00", "t4": "100.00", "t5": "225.00"}
    # 5 touches in 4 channels: a quarter per channel, email's two touches an eighth each
    assert credited["shapley"] == {"t1": "250.00", "t2": "125.00", "t3": "125.00", "t4": "250.00", "t5": "250.00"}
    # one path alone: each channel is needed for every conversion, all removal effects are 1
    assert credited["markov"] == credited["shapley"]
    pipeline = cents(lab, deal, touches, "pipeline")
    assert set(pipeline["linear"]) == {"t1", "t2", "t3"}
    assert pipeline["full_path"] == pipeline["w_shaped"] == {"t1": "333.34", "t2": "333.33", "t3": "333.33"}


def test_one_touch_in_two_positions_takes_both(lab: Lab) -> None:
    # t2 is the last touch before the lead and before the opportunity: 60 of 90 named, t1 30; t3 the others' 10
    deal = Deal("o", "100.00", closed=14, is_won=True, lead_created=-1)
    touches = [Touch("t1", -9, "email"), Touch("t2", -2, "event"), Touch("t3", 5, "direct")]
    assert cents(lab, deal, touches, "revenue")["w_shaped"] == {"t1": "30.00", "t2": "60.00", "t3": "10.00"}


@pytest.mark.parametrize("lead_created", [pytest.param(-30, id="no touch before it"), pytest.param(None, id="no lead")])
def test_a_position_that_no_touch_holds_gives_its_weight_in_proportion(lab: Lab, lead_created: float | None) -> None:
    # first (t1) and opportunity_created (t2) hold 60 of the 90 named and take 45 each; t3 the others' 10
    deal = Deal("o", "100.00", closed=14, is_won=True, lead_created=lead_created)
    touches = [Touch("t1", -9, "email"), Touch("t2", -2, "event"), Touch("t3", 5, "direct")]
    assert cents(lab, deal, touches, "revenue")["w_shaped"] == {"t1": "45.00", "t2": "45.00", "t3": "10.00"}


def test_all_direct(lab: Lab) -> None:
    deal = Deal("o", "10.00", lead_created=-5)
    credited = cents(lab, deal, [Touch("t1", -9, "direct"), Touch("t2", -2, "direct")], "pipeline")
    assert credited["last_non_direct"] == {"t2": "10.00"}
    assert credited["markov"] == credited["shapley"] == {"t1": "5.00", "t2": "5.00"}


def test_touches_after_the_anchor_and_before_the_lookback_do_not_count(lab: Lab) -> None:
    deal = Deal("o", "10.00", closed=14, is_won=True, lead_created=-5)
    touches = [
        Touch("early", -90.00001, "email"),
        Touch("at the start", -90, "email"),
        Touch("at the close", 14, "event"),
        Touch("late", 14.00001, "event"),
    ]
    assert cents(lab, deal, touches, "revenue")["linear"] == {"at the close": "5.00", "at the start": "5.00"}
    assert cents(lab, deal, touches, "pipeline")["linear"] == {"at the start": "10.00"}


def test_a_lookback_of_seven_days_and_a_half(lab: Lab) -> None:
    deal = Deal("o", "10.00", lead_created=-5)
    touches = [Touch("early", -7.50001, "email"), Touch("at the start", -7.5, "email"), Touch("last", -1, "event")]
    change = "update staging.stg_definitions__setting set value = ? where setting = 'attribution_lookback_days'"
    lab.con.execute(change, ["7.5"])
    try:
        credited = cents(lab, deal, touches, "pipeline")
    finally:
        lab.con.execute(change, ["90"])
    assert credited["linear"] == {"at the start": "5.00", "last": "5.00"}


def test_half_a_day_counts_in_the_decay(lab: Lab) -> None:
    # 2^(-3.5/7) = 0.7071 against 1: 41.42|14 and 58.57|86
    credited = cents(lab, Deal("o", "100.00"), [Touch("t1", -3.5, "email"), Touch("t2", 0, "event")], "pipeline")
    assert credited["time_decay"] == {"t1": "41.42", "t2": "58.58"}


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        # 14, 7 and 0 days before its creation at a half-life of 7: 1/4 : 1/2 : 1
        pytest.param(-1, {"t1": "14.29", "t2": "28.57", "t3": "57.14"}, id="created before the change"),
        # t1 is older than 10 days; 8 days and 1 at a half-life of 14: 2^(-7/14) : 1
        pytest.param(0, {"t2": "41.42", "t3": "58.58"}, id="created at the change"),
    ],
)
@pytest.mark.parametrize("basis", ["pipeline", "revenue"])
def test_lookback_and_half_life_are_those_of_the_deal_s_creation(
    lab: Lab, basis: str, created: float, expected: dict[str, str]
) -> None:
    """From 1 March on 10 days and a half-life of 14; both deals were won after it."""
    deal = Deal("o", "100.00", created=created, closed=5, is_won=True)
    touches = [Touch("t1", -15, "email"), Touch("t2", -8, "event"), Touch("t3", -1, "direct")]
    tables = ("stg_definitions__setting", "stg_definitions__setting_in_force")
    for table in tables:
        lab.con.execute(f"create or replace table staging.kept_{table} as from staging.{table}")
    try:
        for setting, value in (("attribution_lookback_days", "10"), ("time_decay_half_life_days", "14")):
            lab.con.execute(
                "update staging.stg_definitions__setting set effective_to = ? where setting = ?", [DAY_ZERO, setting]
            )
            lab.con.execute(
                "insert into staging.stg_definitions__setting values (?, ?, ?, timestamp '9999-12-31')",
                [setting, value, DAY_ZERO],
            )
            lab.con.execute(
                "update staging.stg_definitions__setting_in_force set value = ?, effective_from = ? where setting = ?",
                [value, DAY_ZERO, setting],
            )
        assert cents(lab, deal, touches, basis)["time_decay"] == expected
    finally:
        for table in tables:
            lab.con.execute(f"create or replace table staging.{table} as from staging.kept_{table}")
            lab.con.execute(f"drop table staging.kept_{table}")


def test_a_touch_still_to_come_is_not_on_the_path_of_an_open_deal(lab: Lab) -> None:
    now = (AS_OF - DAY_ZERO).total_seconds() / 86400
    lab.load([Deal("o")], [Touch("before", -3, "email"), Touch("now", now, "event"), Touch("soon", now + 1, "event")])
    lab.build("int_touch_horizon", "int_opportunity_window", "int_opportunity_path_summary", "int_opportunity_path")
    path = lab.con.execute("select touch_id from intermediate.int_opportunity_path order by path_number").fetchall()
    assert path == [("before",), ("now",)]


def test_ties_in_time_are_ordered_by_touch_id(lab: Lab) -> None:
    deal = Deal("o", "10.00", lead_created=-5)
    touches = [Touch("b", -6, "event"), Touch("a", -6, "email"), Touch("c", -6, "direct")]
    credited = cents(lab, deal, touches, "pipeline")
    assert credited["first_touch"] == {"a": "10.00"}
    assert credited["last_touch"] == {"c": "10.00"}
    assert credited["last_non_direct"] == {"b": "10.00"}
    assert credited["linear"] == {"a": "3.34", "b": "3.33", "c": "3.33"}
    # c is the last before the lead and before the opportunity
    assert credited["w_shaped"] == {"a": "3.00", "b": "1.00", "c": "6.00"}


def test_touchless_deals_are_unattributed_in_every_model(lab: Lab) -> None:
    credit = lab.attribute([Deal("o", "12.34", closed=3, is_won=True, lead_created=-5)], [])
    assert credit == {
        ("o", basis, model): {None: (1.0, Decimal("12.34"))} for basis in ("pipeline", "revenue") for model in MODELS
    }
    assert lab.con.execute("select distinct channel from attribution.fct_attribution").fetchall() == [("unattributed",)]


def test_an_amount_that_is_missing_counts_zero(lab: Lab) -> None:
    assert cents(lab, Deal("o", None), [Touch("t1", -1, "email")], "pipeline")["linear"] == {"t1": "0.00"}


def test_deals_neither_qualified_nor_won_have_no_credit(lab: Lab) -> None:
    assert lab.attribute([Deal("o", closed=3, is_qualified=False)], [Touch("t1", -1, "email")]) == {}


def test_all_people_of_the_deal_count_and_nobody_else(lab: Lab) -> None:
    deal = Deal("o", "10.00", people=("p", "q"))
    touches = [Touch("t1", -3, "email"), Touch("t2", -2, "event", person="q"), Touch("t3", -1, "event", person="r")]
    assert cents(lab, deal, touches, "pipeline")["linear"] == {"t1": "5.00", "t2": "5.00"}


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        pytest.param("0.01", {"t1": "0.01", "t2": "0.00", "t3": "0.00"}, id="one cent to the earliest of equals"),
        pytest.param("0.02", {"t1": "0.01", "t2": "0.01", "t3": "0.00"}, id="two cents to the two earliest"),
        pytest.param("-0.01", {"t1": "0.00", "t2": "0.00", "t3": "-0.01"}, id="a credit note is rounded down too"),
    ],
)
def test_cents_go_to_the_largest_remainders_ties_to_the_earlier(
    lab: Lab, amount: str, expected: dict[str, str]
) -> None:
    touches = [Touch("t1", -3, "a"), Touch("t2", -2, "b"), Touch("t3", -1, "c")]
    assert cents(lab, Deal("o", amount), touches, "pipeline")["linear"] == expected


def test_remainders_of_a_cent_are_told_apart_and_old_touches_keep_their_row(lab: Lab) -> None:
    second = 1 / 86_400
    touches = [Touch("t0", -89, "a"), Touch("t1", -second, "b"), Touch("t2", 0, "c")]
    assert cents(lab, Deal("o", "0.01"), touches, "pipeline")["time_decay"] == {
        "t0": "0.00",
        "t1": "0.00",
        "t2": "0.01",
    }
    # a year before the last one 2^-56 is left of a touch's weight
    deal = Deal("o", "10.00", created=-300, closed=90, is_won=True)
    decayed = lab.attribute([deal], [Touch("t1", -301, "a"), Touch("t2", 90, "b")])["o", "revenue", "time_decay"]
    assert {touch: amount for touch, (_, amount) in decayed.items()} == {"t1": 0, "t2": 10}
    assert 0 < decayed["t1"][0] < 1e-9


def test_markov_worked_by_hand(lab: Lab) -> None:
    # Paths: a>b wins 100.00, a alone is lost (as a deal), b alone wins 100.00.
    # start: a 2/3, b 1/3; a: b 1/2, null 1/2; b: conversion 1. P = 2/3 * 1/2 + 1/3 = 2/3.
    # Without a: 1/3, effect 1/2. Without b: 0, effect 1. a>b is divided 1 : 2.
    deals = [
        Deal("ab", closed=9, is_won=True, people=("p",)),
        Deal("a", closed=9, people=("q",)),
        Deal("b", closed=9, is_won=True, people=("r",)),
    ]
    touches = [
        Touch("t1", -3, "a"),
        Touch("t2", -2, "b"),
        Touch("t3", -2, "b"),
        Touch("t4", -1, "a", person="q"),
        Touch("t5", -1, "b", person="r"),
    ]
    credit = lab.attribute(deals, touches)[("ab", "revenue", "markov")]
    assert {touch: str(amount) for touch, (_, amount) in credit.items()} == {
        "t1": "33.34",
        "t2": "33.33",
        "t3": "33.33",
    }


def test_markov_counts_a_lead_without_opportunity_as_a_null_path_once_it_is_mature(lab: Lab) -> None:
    # As of 30 June, a lead of 1 March is older than 90 days, one of 30 May is not.
    touches = [Touch("t1", -1, "a"), Touch("t2", 91, "a"), Touch("t3", 92, "b"), Touch("t4", 90, "c")]
    lab.attribute([], touches, lost_leads=[("old", "p", 0), ("young", "p", 90)])
    rows = lab.con.execute("select basis, from_state, to_state, transitions from intermediate.int_markov_transition")
    # from creation - 90 days to creation + 90 days: t1 and t4
    assert sorted(rows.fetchall()) == [
        (basis, *step, 1)
        for basis in ("pipeline", "revenue")
        for step in (("(start)", "a"), ("a", "c"), ("c", "(null)"))
    ]


def test_markov_counts_a_deal_as_a_null_path_once_it_is_lost_or_older_than_maturity(lab: Lab) -> None:
    # As of 30 June a deal of 1 April (day 31) is 90 days old, one of 31 March (day 30) is older.
    deals = [
        Deal("young", created=31, is_qualified=False, people=("a",)),
        Deal("old", created=30, is_qualified=False, people=("b",)),
        Deal("qualified", created=30, people=("c",)),
        Deal("lost", created=60, closed=70, is_qualified=False, people=("d",)),
        Deal("of days to come", created=122, closed=123, is_won=True, people=("e",)),
    ]
    touches = [Touch(f"t{person}", 20, person, person) for person in "abcd"]
    touches.append(Touch("te", 110, "e", "e"))
    # after the creation and before now: on the revenue path of an open deal alone
    touches += [Touch("late", 100, "late", "b"), Touch("later", 121.5, "later", "b")]
    lab.attribute(deals, touches)
    rows = lab.con.execute("select basis, from_state, to_state, transitions from intermediate.int_markov_transition")
    paths = {"pipeline": ["b null", "c conversion"], "revenue": ["b late null", "c null", "d null"]}
    expected = []
    for basis, ways in paths.items():
        for way in ways:
            *channels, end = way.split()
            states = ["(start)", *channels, f"({end})"]
            expected += [(basis, *step, 1) for step in pairwise(states)]
    assert sorted(rows.fetchall()) == sorted(expected)

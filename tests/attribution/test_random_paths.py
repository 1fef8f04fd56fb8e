"""Random paths through the compiled SQL: conserved to the cent, and equal to the definitions in exact fractions."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attribution.lab import AS_OF, Deal, Lab, Touch
from tests.attribution.reference import MODELS, divide, path_of, removal_effects, weights_of

CHANNELS = ["direct", "email", "event", "paid_search", "referral"]
# whole and half days bring ties in time, thirds do not
DAYS = st.integers(-200, 260).map(lambda halves: halves / 2) | st.integers(-300, 300).map(lambda thirds: thirds / 3)
AMOUNTS = st.none() | st.decimals("-100", "1000000", places=2).map(str)


@st.composite
def companies(draw: st.DrawFn) -> tuple[list[Deal], list[Touch], list[tuple[str, str, float]]]:
    people = ["p0", "p1", "p2", "p3"]
    deals = []
    for number in range(draw(st.integers(1, 6))):
        created = draw(st.integers(-60, 60))
        is_closed = draw(st.booleans())
        deals.append(
            Deal(
                f"o{number}",
                draw(AMOUNTS),
                created=created,
                closed=created + draw(st.integers(-2, 60)) if is_closed else None,
                is_won=is_closed and draw(st.booleans()),
                is_qualified=draw(st.booleans()),
                lead_created=draw(st.none() | st.integers(-100, 60)),
                people=tuple(draw(st.lists(st.sampled_from(people), max_size=3, unique=True))),
            )
        )
    touches = [
        Touch(f"t{number:02}", day, channel, person, is_marketing=channel != "direct")
        for number, (day, channel, person) in enumerate(
            draw(st.lists(st.tuples(DAYS, st.sampled_from(CHANNELS), st.sampled_from(people)), max_size=30))
        )
    ]
    lost = draw(st.lists(st.tuples(st.sampled_from(people), st.integers(-60, 60)), max_size=2))
    return deals, touches, [(f"lost{number}", person, float(day)) for number, (person, day) in enumerate(lost)]


def markov_paths(
    deals: list[Deal], touches: list[Touch], lost: list[tuple[str, str, float]], basis: str
) -> list[tuple[list[str], bool]]:
    """Every path of the chain of a basis, with whether it converts."""
    mature = timedelta(days=90)
    paths = []
    for deal in deals:
        is_old = deal.created_at + mature < AS_OF
        if basis == "pipeline" and (deal.is_qualified or is_old):
            anchor, is_converted = deal.created_at, deal.is_qualified
        elif basis == "revenue" and deal.closed_at is not None:
            anchor, is_converted = deal.closed_at, deal.is_won
        elif basis == "revenue" and is_old:
            anchor, is_converted = AS_OF, False
        else:
            continue
        channels = [touch.channel for touch in path_of(deal, touches, basis, anchor).touches]
        paths.append((channels, is_converted))
    for lead, person, day in lost:
        stand_in = Deal(lead, created=day, people=(person,))
        if stand_in.created_at + mature < AS_OF:
            path = path_of(stand_in, touches, basis, stand_in.created_at + mature)
            paths.append(([touch.channel for touch in path.touches], False))
    return [path for path in paths if path[0]]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(company=companies())
def test_every_model_divides_every_deal_as_defined(
    lab: Lab, company: tuple[list[Deal], list[Touch], list[tuple[str, str, float]]]
) -> None:
    deals, touches, lost = company
    credit = lab.attribute(deals, touches, lost)
    expected_keys = set()
    for basis in ("pipeline", "revenue"):
        removal = removal_effects(markov_paths(deals, touches, lost, basis))
        for deal in deals:
            if not (deal.is_qualified if basis == "pipeline" else deal.is_won):
                continue
            anchor = deal.created_at if basis == "pipeline" else deal.closed_at
            assert anchor is not None
            path = path_of(deal, touches, basis, anchor)
            amount = Decimal(deal.amount or 0)
            for model in MODELS:
                key = (deal.opportunity_id, basis, model)
                expected_keys.add(key)
                rows = credit[key]
                assert sum(weight for weight, _ in rows.values()) == pytest.approx(1, abs=1e-9)
                assert sum(part for _, part in rows.values()) == amount
                if not path.touches:
                    assert rows == {None: (1.0, amount)}
                    continue
                weights = weights_of(path, model, removal)
                order = [touch.touch_id for touch in path.touches]
                credited = divide(amount, weights, order)
                assert set(rows) <= set(order)
                for touch in order:
                    weight, part = rows.get(touch, (0.0, Decimal(0)))
                    assert weight == pytest.approx(float(weights.get(touch, 0)), abs=1e-9)
                    if model == "time_decay":  # irrational weights: the remainder of a near tie may go either way
                        assert abs(part - credited.get(touch, Decimal(0))) <= Decimal("0.01")
                    else:
                        assert part == credited.get(touch, Decimal(0)), key
    assert set(credit) == expected_keys

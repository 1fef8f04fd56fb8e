"""What stands on credit and paths: custom models, channels of leads and deals, influence, months, paths, content."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from tests.attribution.lab import Deal, Lab, Touch

MARTS = [
    "attribution_slice",
    "attribution_by_channel",
    "attribution_by_campaign",
    "attribution_by_content",
    "attribution_path",
    "markov_transition",
    "markov_removal_effect",
    "shapley_value",
    "content_before_outcome",
]
SPEND_COLUMNS = "spend_date date, platform varchar, channel varchar, campaign_id varchar, cost decimal(18, 6)"


@pytest.fixture
def custom_models(lab: Lab) -> Iterator[Lab]:
    """The lab with models of our own beside the shipped ones, of which one is agreed anew."""
    lab.con.execute("create or replace table definitions.shipped_models as from definitions.attribution_models")
    lab.con.execute(
        """
        delete from definitions.attribution_models where model = 'u_shaped';
        delete from definitions.attribution_models where model = 'linear';
        insert into definitions.attribution_models (model, kind, first, lead_created, opportunity_created, last, others,
            exclude_channels) values
            ('u_shaped', 'position', '1', '0', '0', '3', '0', ''),
            ('no_email', 'position', '0', '0', '0', '0', '1', 'email|direct'),
            ('late_decay', 'decay', null, null, null, null, null, 'email'),
            ('no_email_markov', 'markov', null, null, null, null, null, 'email'),
            ('no_email_shapley', 'shapley', null, null, null, null, null, 'email'),
            ('lead_only', 'position', '0', '5', '0', '0', '0', '')
        """
    )
    yield lab
    lab.con.execute("create or replace table definitions.attribution_models as from definitions.shipped_models")
    lab.con.execute("drop table definitions.shipped_models")


def test_custom_models(custom_models: Lab) -> None:
    deal = Deal("o", "100.00", lead_created=-30)
    touches = [
        Touch("t1", -14, "event"),
        Touch("t2", -7, "email"),
        Touch("t3", 0, "referral"),
        Touch("t4", 0, "direct"),
    ]
    credit = custom_models.attribute([deal], touches)
    cents = {
        model: {touch: str(amount) for touch, (_, amount) in rows.items()} for (_, _, model), rows in credit.items()
    }
    # an agreed row replaces the model of the contract, a missing one leaves it
    assert cents["u_shaped"] == {"t1": "25.00", "t4": "75.00"}
    assert cents["linear"] == {"t1": "25.00", "t2": "25.00", "t3": "25.00", "t4": "25.00"}
    assert cents["no_email"] == {"t1": "50.00", "t3": "50.00"}
    # 2^-2 : 1 : 1 = 11.11|11, 44.44|44, 44.44|44: the cent goes to the first of the two larger remainders
    assert cents["late_decay"] == {"t1": "11.11", "t3": "44.45", "t4": "44.44"}
    assert cents["no_email_markov"] == cents["no_email_shapley"] == {"t1": "33.34", "t3": "33.33", "t4": "33.33"}
    # no touch before the lead: no position is held, all share evenly
    assert cents["lead_only"] == cents["linear"]


def test_a_model_whose_excluded_channels_are_all_there_is_skips_nothing(custom_models: Lab) -> None:
    credit = custom_models.attribute([Deal("o", "10.00")], [Touch("t1", -2, "email"), Touch("t2", -1, "direct")])
    assert set(credit["o", "pipeline", "no_email"]) == {"t1", "t2"}


def lead_and_deal(lab: Lab, deals: list[Deal], touches: list[Touch]) -> dict[str, tuple[object, ...]]:
    lab.load(deals, touches)
    lab.table("int_person", [("p", "acme"), ("q", "acme"), ("r", "other")], "person_id varchar, account_id varchar")
    lab.build(
        "int_touch_horizon",
        "int_opportunity_window",
        "int_opportunity_path_summary",
        "int_opportunity_path",
        "int_lead_touch",
        "int_opportunity_touch",
    )
    rows = lab.con.execute(
        """
        select opportunity_id, channel, campaign_id, is_marketing_sourced, is_marketing_influenced_pipeline,
            is_marketing_influenced_revenue, is_marketing_influenced_pipeline_by_account
        from intermediate.int_opportunity_touch
        """
    ).fetchall()
    return {str(row[0]): row[1:] for row in rows}


def test_channel_of_a_deal_is_its_lead_s_last_touch_before_creation(lab: Lab) -> None:
    touches = [
        Touch("t1", -20, "event", campaign="c1"),
        Touch("t2", -10, "email", campaign="c2"),
        Touch("t3", -1, "direct", is_marketing=False),
    ]
    rows = lead_and_deal(
        lab,
        [
            Deal("with lead", lead_created=-5),
            Deal("without lead"),
            Deal("without touch", people=("q",), campaign="crm"),
            Deal("lead too old", lead_created=-120, people=("p",)),
            Deal("at its creation", lead_created=-10),
            Deal("90 days later", created=90, lead_created=89),
            Deal("91 days later", created=90, lead_created=90, campaign="crm"),
        ],
        touches,
    )
    assert {deal: row[:2] for deal, row in rows.items()} == {
        "with lead": ("email", "c2"),
        "without lead": ("event", "c1"),
        "without touch": ("unattributed", "crm"),
        "lead too old": ("unattributed", None),
        "at its creation": ("email", "c2"),
        "90 days later": ("direct", None),
        "91 days later": ("unattributed", None),
    }


@pytest.mark.parametrize(
    ("is_marketing_lead_source", "first_is_marketing", "expected"),
    [(True, False, True), (False, True, False), (None, True, True), (None, False, False)],
)
def test_sourced_goes_by_the_lead_source_and_only_without_one_by_the_first_touch(
    lab: Lab, is_marketing_lead_source: bool | None, first_is_marketing: bool, expected: bool
) -> None:
    touches = [Touch("t1", -9, "x", is_marketing=first_is_marketing), Touch("t2", -8, "y", is_marketing=True)]
    rows = lead_and_deal(lab, [Deal("o", is_marketing_lead_source=is_marketing_lead_source)], touches)
    assert rows["o"][2] is expected


def test_influenced_needs_a_marketing_touch_on_the_path_of_the_basis(lab: Lab) -> None:
    touches = [Touch("t1", -9, "direct", is_marketing=False), Touch("t2", 5, "event"), Touch("t3", -5, "event", "q")]
    rows = lead_and_deal(
        lab,
        [
            Deal("won", closed=9, is_won=True, account="acme"),
            Deal("lost", closed=9, account="acme"),
            Deal("won early", closed=3, is_won=True, account="other"),
        ],
        touches,
    )
    # pipeline, revenue, pipeline by account: q of acme was at an event before
    assert {deal: row[3:] for deal, row in rows.items()} == {
        "won": (False, True, True),
        "lost": (False, None, True),
        "won early": (False, False, False),
    }


def test_months_campaigns_content_and_paths(lab: Lab) -> None:
    deals = [
        Deal("o1", "100.00", created=0, closed=40, is_won=True),
        Deal("o2", "60.00", created=1, closed=41, people=("q",)),
        Deal("o3", "40.00", created=2, people=("r",)),
    ]
    touches = [
        Touch("t1", -4, "email", campaign="c1", content="ebook"),
        Touch("t2", -3, "email", campaign="c1", content="video"),
        Touch("t3", -2, "event", content="ebook"),
        Touch("t4", -1, "event", "q", content="ebook"),
    ]
    lab.attribute(deals, touches)
    lab.table("dim_campaign", [("c1", "paid_search")], "campaign_id varchar, channel varchar", schema="core")
    march, april = date(2026, 3, 1), date(2026, 4, 1)
    lab.table(
        "fct_spend",
        [
            (march, "x", "email", "c1", Decimal(20)),
            (march, "x", "display", None, Decimal(5)),
        ],
        SPEND_COLUMNS,
        schema="core",
    )
    lab.build(*MARTS)
    by_channel = """
        select month_start, channel, credited_amount, opportunities, spend, roas from attribution.attribution_by_channel
    """
    linear = lab.con.execute(f"{by_channel} where model = 'linear' and basis = 'pipeline' order by all").fetchall()
    assert linear == [
        (march, "display", Decimal(0), 0, Decimal(5), 0.0),
        (march, "email", Decimal("66.67"), 1, Decimal(20), pytest.approx(66.67 / 20)),
        (march, "event", Decimal("93.33"), 2, Decimal(0), None),
        (march, "unattributed", Decimal(40), 1, Decimal(0), None),
    ]
    # revenue stands in the month of the close day
    revenue = lab.con.execute(f"{by_channel} where model = 'last_touch' and basis = 'revenue' and spend = 0").fetchall()
    assert revenue == [(april, "event", Decimal(100), 1, Decimal(0), None)]
    campaigns = lab.con.execute(
        """
        select campaign_id, channel, credited_amount, spend from attribution.attribution_by_campaign
        where model = 'linear' and basis = 'pipeline' order by all
        """
    ).fetchall()
    assert campaigns == [
        ("c1", "paid_search", Decimal("66.67"), Decimal(20)),
        (None, None, Decimal("133.33"), Decimal(5)),
    ]
    contents = lab.con.execute(
        """
        select content, channel, credited_amount, opportunities from attribution.attribution_by_content
        where model = 'linear' and basis = 'pipeline' order by all
        """
    ).fetchall()
    assert contents == [
        ("ebook", "event", Decimal("126.67"), 2),
        ("video", "email", Decimal("33.33"), 1),
        (None, None, Decimal("40.00"), 1),
    ]
    paths = lab.con.execute(
        """
        select path, opportunities, converted, amount, median_days from attribution.attribution_path
        where basis = 'revenue' order by all
        """
    ).fetchall()
    assert paths == [
        ("email > event", 1, 1, Decimal(100), 44.0),
        ("event", 1, 0, Decimal(0), None),
        ("unattributed", 1, 0, Decimal(0), None),
    ]
    outcome = lab.con.execute(
        """
        select content, won_opportunities, lost_opportunities, won_touches, lost_touches, share_of_won, share_of_lost
        from attribution.content_before_outcome order by all
        """
    ).fetchall()
    assert outcome == [("ebook", 1, 1, 2, 1, 1.0, 1.0), ("video", 1, 0, 1, 0, 1.0, 0.0)]
    shapley = lab.con.execute(
        """
        select channel, value_joining_first, value_joining_last, shapley_value, share from attribution.shapley_value
        where basis = 'pipeline' order by all
        """
    ).fetchall()
    assert shapley == [("email", 0, 1, 0.5, 0.25), ("event", 1, 2, 1.5, 0.75)]
    effects = lab.con.execute(
        "select channel, removal_effect from attribution.markov_removal_effect where basis = 'pipeline' order by all"
    ).fetchall()
    # two paths, both convert: email > event and event
    assert effects == [("email", pytest.approx(0.5)), ("event", pytest.approx(1.0))]
    chances = lab.con.execute(
        "select from_state, sum(probability) from attribution.markov_transition where basis = 'pipeline' group by all"
    ).fetchall()
    assert sorted(chances) == [
        ("(start)", pytest.approx(1.0)),
        ("email", pytest.approx(1.0)),
        ("event", pytest.approx(1.0)),
    ]

"""The scores of a night: SQL against the card in Python lead by lead, rule points by hand, the monthly review."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from handoff.errors import HandoffError
from handoff.settings import CHECKOUT, Settings
from scoring import monthly, validation
from scoring.card import Bin, Scorecard, band, write_card
from scoring.store import cards_folder, load_cards
from tests.conftest import begin_home

MODELS = (
    "int_scorecard_bin",
    "int_lead_score_point_at_handoff",
    "int_lead_score_point_now",
    "int_lead_score_version_at_handoff",
    "int_lead_score_version_now",
    "lead_score",
    "scorecard_version",
    "score_threshold",
    "scorecard",
    "score_performance",
)
CARD = Scorecard(
    version="card-by-hand",
    trained_at=datetime(2026, 5, 1),
    bins=(
        Bin("sessions_30d", "number", "0", 0, upper=1),
        Bin("sessions_30d", "number", "1 to 3", 12, lower=1, upper=4),
        Bin("sessions_30d", "number", "4 or more", 20, lower=4),
        Bin("sessions_30d", "missing", "missing", 6),
        Bin("employee_count", "number", "below 200", 0, upper=200),
        Bin("employee_count", "number", "200 or more", 25, lower=200),
        Bin("employee_count", "missing", "missing", 9),
        Bin("lead_source", "category", "referral, webinar", 30, categories=("referral", "webinar")),
        Bin("lead_source", "category", "paid social", 3, categories=("paid social",)),
        Bin("lead_source", "other", "other values", 11),
        Bin("lead_source", "missing", "missing", 5),
        Bin("attribute:Product_Interest__c", "category", "scoring", 25, categories=("scoring",)),
        Bin("attribute:Product_Interest__c", "other", "other values", 2),
        Bin("attribute:Product_Interest__c", "missing", "missing", 1),
        Bin('attribute:Deal "Size" now', "number", "below 10", 2, upper=10),
        Bin('attribute:Deal "Size" now', "number", "10 or more", 4, lower=10),
        Bin('attribute:Deal "Size" now', "missing", "missing", 8),
    ),
    leads=10,
    wins=2,
    threshold=37,
)

SIZES = ["12", "-3", "nan", "inf", "-inf", "1e400", "big"]


def run_models(settings: Settings, *more: str) -> None:
    """Builds the scoring models again, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.dbt.run", "run", "--select", *more, *MODELS],
        cwd=CHECKOUT,
        env={**os.environ, **settings.environment()},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.fixture(scope="module")
def home(built_settings: Settings, parsed_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A copy of the built warehouse, with a card that scores beside the rule points."""
    folder = begin_home(parsed_project, tmp_path_factory.mktemp("scored"))
    shutil.copy(built_settings.warehouse, folder / "warehouse.duckdb")
    settings = built_settings.model_copy(update={"home": folder})
    write_card(CARD, cards_folder(settings))
    with duckdb.connect(str(settings.warehouse)) as con:
        assert load_cards(settings, con) == 1
        for part in ("at_handoff", "now"):
            con.execute(
                f"""
                update intermediate.int_lead_signal_{part} set attributes = json_merge_patch(
                    coalesce(attributes, '{{}}'),
                    json_object('Deal "Size" now', list_extract({SIZES}, cast(1 + hash(lead_id) % 7 as bigint)))
                )
                """
            )
    run_models(settings)
    return settings


@pytest.fixture
def con(home: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("set TimeZone = 'UTC'")
        yield con


def test_a_card_scores_the_same_in_sql_lead_by_lead(con: duckdb.DuckDBPyConnection) -> None:
    frame = con.sql(
        """
        select
            signal.*,
            json_extract_string(attributes, '$.Product_Interest__c') as "attribute:Product_Interest__c",
            attributes ->> '/Deal "Size" now' as "attribute:Deal ""Size"" now",
            score.score,
            score.score_band
        from intermediate.int_lead_signal as signal
        inner join scoring.lead_score as score on signal.lead_id = score.lead_id
        where score.version = 'card-by-hand'
        """
    ).df()
    assert len(frame) == con.sql("select count(*) from intermediate.int_lead").fetchall()[0][0]
    assert frame.score.tolist() == CARD.score(frame).tolist()
    assert frame.score_band.tolist() == [band(score) for score in frame.score]
    assert frame.score.nunique() > 10


def test_reasons_name_the_bins_that_gave_most(con: duckdb.DuckDBPyConnection) -> None:
    reasons = con.sql(
        """
        select score.top_reasons
        from scoring.lead_score as score
        inner join intermediate.int_lead_signal as signal on score.lead_id = signal.lead_id
        where
            score.version = 'card-by-hand'
            and signal.lead_source = 'referral'
            and signal.employee_count >= 200
            and signal.sessions_30d >= 4
            and json_extract_string(signal.attributes, '$.Product_Interest__c') <> 'Scoring'
        limit 1
        """
    ).fetchall()[0][0]
    assert (
        reasons == "lead_source referral, webinar (+30); employee_count 200 or more (+25); sessions_30d 4 or more (+20)"
    )


def test_a_card_nobody_signed_is_a_challenger(con: duckdb.DuckDBPyConnection) -> None:
    statuses = dict(con.sql("select version, status from scoring.scorecard_version").fetchall())
    assert statuses["card-by-hand"] == "challenger"
    assert sorted(statuses.values()).count("champion") == 1
    in_force = con.sql("select distinct version from scoring.lead_score where is_in_force").fetchall()
    assert all(version.startswith("rules-") for (version,) in in_force)


def test_a_card_proposes_the_threshold_chosen_when_it_was_learned(con: duckdb.DuckDBPyConnection) -> None:
    proposed = con.sql(
        "select threshold from scoring.score_threshold where version = 'card-by-hand' and is_proposed"
    ).fetchall()
    assert proposed == [(37,)]


def test_rule_points_by_hand(con: duckdb.DuckDBPyConnection) -> None:
    """The shipped rules: 50 for an answer to a campaign, fit rows by their share of 50, -100 for a disqualifier."""
    frame = con.sql(
        """
        select signal.*, score.score
        from intermediate.int_lead_signal as signal
        inner join intermediate.int_lead_score_version as score
            on signal.lead_id = score.lead_id and score.method = 'rules'
        where
            signal.industry in ('technology', 'finance', 'retail', 'media')
            and signal.country in ('united states', 'germany', 'france')
            and signal.employee_count between 50 and 5000
            and coalesce(signal.technology, 'sap') in ('sap', 'snowflake', 'marketo', 'on-premise')
            and signal.growth_stage in ('mature', 'startup')
            and signal.job_title in ('it manager', 'consultant')
            and signal.trigger_event is null
            and coalesce(signal.annual_revenue, 0) = 0
        """
    ).df()
    rows = con.sql("select effect, points from staging.stg_definitions__icp").df()
    total = rows[rows.effect != "disqualify"].points.sum()
    fit = sum(round(50 * points / total) for points in (20, 15, 10))  # employees, industry, country
    answered = frame.responded_campaigns + frame.form_submissions + frame.event_attendances > 0
    assert len(frame)
    assert frame.score.tolist() == (fit + 50 * answered).tolist()
    refused = con.sql(
        "select max(score) from intermediate.int_lead_score_version as score "
        "inner join intermediate.int_lead_signal as signal on score.lead_id = signal.lead_id "
        "where score.method = 'rules' and signal.industry = 'government'"
    ).fetchall()[0][0]
    assert refused == 0


def test_signals_do_not_know_the_future(con: duckdb.DuckDBPyConnection) -> None:
    """Counted again from the touches up to the scoring time that were known to be the person's by then."""
    wrong = con.sql(
        """
        with again as (
            select signal.lead_id, count(touch.touch_id) as sessions
            from intermediate.int_lead_signal as signal
            inner join intermediate.int_lead as lead on signal.lead_id = lead.lead_id
            left join intermediate.int_touch as touch
                on lead.person_id = touch.person_id
                and touch.touch_type = 'web_session'
                and coalesce(touch.identified_at, touch.touched_at) <= signal.scored_at
                and touch.touched_at > signal.scored_at - interval 30 day
            group by signal.lead_id
        )
        select count(*)
        from again
        inner join intermediate.int_lead_signal as signal on again.lead_id = signal.lead_id
        where again.sessions <> signal.sessions_30d
        """
    ).fetchall()[0][0]
    assert wrong == 0
    later = con.sql("select count(*) from intermediate.int_touch where identified_at > touched_at").fetchall()[0][0]
    assert later > 0


def test_fct_lead_shows_the_version_in_force(con: duckdb.DuckDBPyConnection) -> None:
    different = con.sql(
        """
        select count(*)
        from core.fct_lead as lead
        left join intermediate.int_lead_score as score on lead.lead_id = score.lead_id
        where lead.score is distinct from score.score or lead.score_band is distinct from score.score_band
        """
    ).fetchall()[0][0]
    assert different == 0


def test_the_review_refuses_what_conversion_fills(con: duckdb.DuckDBPyConnection) -> None:
    refusals = monthly.changed_attributes(con, ["attribute:Customer_Tier__c"])
    assert [refusal.signal for refusal in refusals] == ["attribute:Customer_Tier__c"]


@pytest.mark.parametrize(("values", "kind"), [(["1", "2.5"], "f"), (["1", "inf"], "O"), (["1", "1e400"], "O")])
def test_numbers_without_end_are_not_learned_from_as_numbers(values: list[str], kind: str) -> None:
    assert monthly._numbers_where_all_are(pd.Series(values)).dtype.kind == kind


def test_too_few_wins_leave_the_rule_points(home: Settings, con: duckdb.DuckDBPyConnection) -> None:
    wins = con.sql("select count(*) from intermediate.int_lead_signal where is_mature and is_won").fetchall()[0][0]
    assert wins < 150
    qualified = con.sql("select count(*) from intermediate.int_lead_signal where is_mature and is_qualified").fetchall()
    report = monthly.review(home, con)
    if qualified[0][0] < 150:
        assert report.card_path is None
        assert "The rule points apply" in report.markdown
    else:
        assert report.figures["outcome"] == "qualified opportunity"
    note = con.sql("select note from scoring.scorecard_version where status = 'champion'").fetchall()[0][0]
    assert note == f"The rule points apply: {wins} wins of the 150 agreed for learning a card."


def test_bands_are_the_same_in_both_languages(con: duckdb.DuckDBPyConnection) -> None:
    rows: pd.DataFrame = con.sql("select distinct score, score_band from scoring.lead_score").df()
    assert [band(int(score)) for score in rows.score] == rows.score_band.tolist()


@pytest.mark.parametrize(
    ("gain_low", "slope", "short"),
    [
        (0.05, 1.0, []),
        (0.05, 0.7, ["its calibration slope of 0.70 is not between 0.8 and 1.25"]),
        (0.0, 1.0, ["it is not surely better out of time than what is in force"]),
        (
            -0.01,
            1.3,
            [
                "it is not surely better out of time than what is in force",
                "its calibration slope of 1.30 is not between 0.8 and 1.25",
            ],
        ),
    ],
    ids=["proposed", "too bold", "no surer", "neither"],
)
def test_what_keeps_a_card_from_being_proposed_is_named(gain_low: float, slope: float, short: list[str]) -> None:
    assert monthly.shortfalls(validation.Auc(gain_low + 0.05, gain_low, gain_low + 0.1), slope) == short


@pytest.mark.parametrize("is_in_part", [False, True], ids=["no night", "a night that ended before the marts"])
def test_a_review_before_a_good_night_says_so(tmp_path: Path, is_in_part: bool) -> None:
    with duckdb.connect() as con:
        if is_in_part:
            con.execute("create schema intermediate")
            for table, columns in (
                ("int_lead_signal", "lead_id varchar, scored_at timestamp, is_mature boolean, attributes varchar"),
                ("int_lead_score_version", "lead_id varchar, method varchar, score integer"),
            ):
                con.execute(f"create table intermediate.{table} ({columns})")
        with pytest.raises(HandoffError, match=r"nothing to learn from.*Run `make nightly` first"):
            monthly.review(Settings(_env_file=None, home=tmp_path), con)


def test_a_review_writes_no_card_that_the_definitions_name(home: Settings, tmp_path: Path) -> None:
    shutil.copytree(home.definitions, tmp_path / "definitions")
    with (tmp_path / "definitions" / "settings.csv").open("a") as handle:
        handle.write("scorecard_version,card-2026-06-01,2024-01-01,\n")
    signed = home.model_copy(update={"definitions": tmp_path / "definitions"})
    assert monthly.free_version(signed, "card-2026-06-01") == "card-2026-06-01-2"
    assert monthly.free_version(signed, "card-2026-06-02") == "card-2026-06-02"


def test_a_signed_card_is_in_force_from_its_day(home: Settings, tmp_path: Path) -> None:
    shutil.copytree(home.home, tmp_path / "signed")
    signed = home.model_copy(update={"home": tmp_path / "signed"})
    with duckdb.connect(str(signed.warehouse)) as con:
        con.execute("delete from definitions.settings where setting = 'scorecard_version'")
        con.execute(
            "insert into definitions.settings (setting, value, valid_from, valid_to) values "
            "('scorecard_version', 'rules', '2024-01-01', '2026-03-01'), "
            "('scorecard_version', 'card-by-hand', '2026-03-01', '2027-02-01'), "
            "('scorecard_version', 'rules', '2027-02-01', null)"
        )
        con.execute(
            "insert into definitions.versions (version, valid_from) values "
            "('7.0', '2026-02-01'), ('8.0', '2026-04-01'), ('9.0', '2027-01-01')"
        )
    run_models(signed, "stg_definitions__setting", "stg_definitions__setting_in_force", "stg_definitions__versions")
    with duckdb.connect(str(signed.warehouse)) as con:
        wrong = con.sql(
            "select count(*) from scoring.lead_score where is_in_force "
            "and (version = 'card-by-hand') <> (scored_at >= timestamp '2026-03-01')"
        ).fetchall()
        leads = con.sql(
            "select count(*), count(distinct lead_id) from scoring.lead_score where is_in_force"
        ).fetchall()[0]
        facts = con.sql(
            "select status, valid_from from scoring.scorecard_version where version = 'card-by-hand'"
        ).fetchall()
        rules = con.sql(
            "select version, status, valid_from from scoring.scorecard_version "
            "where method = 'rule points' order by version"
        ).fetchall()
    assert wrong == [(0,)]
    assert leads[0] == leads[1] > 0
    assert facts == [("champion", date(2026, 3, 1))]
    assert rules == [
        ("rules-1.0", "retired", date(2024, 1, 1)),
        ("rules-7.0", "retired", date(2026, 2, 1)),
        ("rules-8.0", "challenger", None),
        ("rules-9.0", "challenger", date(2027, 2, 1)),
    ]


@pytest.fixture(scope="module")
def withdrawn(home: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The card was in force in March, another version of the definitions with it; a threshold between two fifths; rules
    of engagement on what no signal says."""
    folder = tmp_path_factory.mktemp("withdrawn") / "home"
    shutil.copytree(home.home, folder)
    settings = home.model_copy(update={"home": folder})
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute(
            "delete from definitions.settings where setting in ('scorecard_version', 'handoff_score_threshold')"
        )
        con.execute(
            "insert into definitions.settings (setting, value, valid_from, valid_to) values "
            "('handoff_score_threshold', '43', '2024-01-01', null), "
            "('scorecard_version', 'rules', '2024-01-01', '2026-03-01'), "
            "('scorecard_version', 'card-by-hand', '2026-03-01', '2026-04-01'), "
            "('scorecard_version', 'rules', '2026-04-01', null)"
        )
        con.execute(
            "insert into definitions.versions (version, valid_from) values ('7.0', '2026-03-01'), ('8.0', '2026-04-01')"
        )
        con.execute(
            "insert into definitions.stage_criteria (stage, rule, side, field, operator, value, valid_from) values "
            "('mql', 'fits', 'engagement', 'icp_fit', 'is', 'true', '2024-01-01'), "
            "('mql', 'talk', 'engagement', 'sales_conversations', '>=', '1', '2024-01-01'), "
            "('mql', 'silence', 'engagement', 'sales_conversations', '=', '0', '2024-01-01')"
        )
        con.execute(
            "insert into definitions.icp (dimension, operator, value, effect, points, valid_from) values "
            "('growth_stage', 'in', 'garage', 'prefer', '10', '2024-01-01'), "
            "('growth_stage', 'in', 'garage', 'require', '10', '2024-01-01')"
        )
    definitions = ("setting", "setting_in_force", "versions", "stage_criteria", "icp")
    run_models(settings, *(f"stg_definitions__{name}" for name in definitions))
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("set TimeZone = 'UTC'")
        yield con


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (
            "fits",
            "exists (select 1 from intermediate.int_lead_icp as icp where icp.lead_id = signal.lead_id and is_icp_fit "
            "and valid_from <= scored_at and scored_at < valid_to)",
        ),
        ("talk", "spoken > 0"),
        ("silence", "spoken = 0"),
    ],
)
def test_an_engagement_rule_may_ask_for_fit_and_conversations(
    withdrawn: duckdb.DuckDBPyConnection, rule: str, holds: str
) -> None:
    found = withdrawn.execute(
        f"""
        with signal as (
            select
                lead_id,
                scored_at,
                (
                    select count(*) from intermediate.int_lead_activity as activity
                    where activity.lead_id = known.lead_id and took_place_at <= scored_at and is_completed
                        and is_by_sales and activity_type in ('call', 'meeting')
                ) as spoken
            from intermediate.int_lead_signal as known
        )
        select point.lead_id is not null as has_points, {holds} as is_met, count(*) as leads
        from signal
        left join intermediate.int_lead_score_point as point
            on signal.lead_id = point.lead_id and point.attribute = ?
        group by all
        order by all
        """,
        [rule],
    ).fetchall()
    assert [row[:2] for row in found] == [(False, False), (True, True)]


def test_the_agreed_threshold_has_a_row_and_is_not_proposed_for_it(withdrawn: duckdb.DuckDBPyConnection) -> None:
    rows = withdrawn.execute(
        "select version, threshold, is_proposed from scoring.score_threshold where version like 'rules-%'"
    ).fetchall()
    assert {version for version, threshold, _ in rows if threshold == 43}
    assert {threshold % 5 for _, threshold, is_proposed in rows if is_proposed} == {0}


def test_a_card_that_was_withdrawn_is_why_the_rule_points_apply(withdrawn: duckdb.DuckDBPyConnection) -> None:
    """Few wins are no reason where a card was in force."""
    versions = withdrawn.execute(
        "select version, status, valid_from, note from scoring.scorecard_version order by version"
    ).fetchall()
    assert versions == [
        ("card-by-hand", "retired", date(2026, 3, 1), None),
        ("rules-1.0", "retired", date(2024, 1, 1), None),
        ("rules-7.0", "retired", None, None),
        (
            "rules-8.0",
            "champion",
            date(2026, 4, 1),
            "The rule points apply: both teams signed them again after a learned card.",
        ),
    ]


def test_a_value_required_and_preferred_is_one_bin_with_the_points_of_both(
    withdrawn: duckdb.DuckDBPyConnection,
) -> None:
    bins = withdrawn.execute(
        """
        with icp as (select * from staging.stg_definitions__icp)
        select points = 2 * round(50 * 10.0 / (select sum(points) from icp where effect <> 'disqualify'))
        from scoring.scorecard
        where version = 'rules-8.0' and bin = 'in garage'
        """
    ).fetchall()
    assert bins == [(True,)]


@pytest.mark.parametrize(("zone", "mature"), [("UTC", True), ("America/Los_Angeles", False)])
def test_a_month_is_mature_by_the_day_in_the_reporting_time_zone(
    home: Settings, tmp_path: Path, zone: str, mature: bool
) -> None:
    """June begins in UTC, 31 days after April; in Los Angeles it is still May."""
    shutil.copytree(home.home, tmp_path / "zone")
    settings = home.model_copy(update={"home": tmp_path / "zone"})
    with duckdb.connect(str(settings.warehouse)) as con:
        con.execute("update control.run set as_of = timestamp '2026-06-01 01:00:00'")
        con.execute("update definitions.settings set value = ? where setting = 'reporting_timezone'", [zone])
        con.execute(
            "insert into definitions.settings (setting, value, valid_from) values "
            "('scoring_horizon_days', '31', '2024-01-01')"
        )
    run_models(settings, "stg_definitions__setting", "stg_definitions__setting_in_force")
    with duckdb.connect(str(settings.warehouse)) as con:
        found = con.sql(
            "select distinct is_mature from scoring.score_performance where month_start = date '2026-04-01'"
        ).fetchall()
    assert found == [(mature,)]

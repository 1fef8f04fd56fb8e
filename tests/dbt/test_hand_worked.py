"""Every default of the definitions against figures worked by hand. The cases stand in `company.py`, the sums here.

Berlin is UTC+1 in winter and UTC+2 from 29 March 2026; business hours are 09:00 to 17:00 there.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt.company import QUEUE, SECOND_SELLER, SELLER

Find = Callable[..., dict[str, Any] | None]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


RESPONSES = [
    # case, number, hours by the clock, business hours, within the SLA
    pytest.param("EARLYCALL", 1, 2.0, 2.0, True, id="a call before the handoff is no answer to it"),
    pytest.param("SAMETIME", 1, 24.0, 8.0, True, id="strictly after the handoff; exactly 24 h is within 24 h"),
    # Friday 16:30 to Monday 10:00: 65.5 h; 0.5 h on Friday and 1 h on Monday
    pytest.param("FRIDAYMAY", 1, 65.5, 1.5, False, id="Friday 16:30 under the clock"),
    pytest.param("FRIDAYJUNE", 1, 65.5, 1.5, True, id="Friday 16:30 under business hours"),
    # Tuesday 16:00 to Thursday 09:30 over a holiday: 1 h and 0.5 h
    pytest.param("HOLIDAY", 1, 41.5, 1.5, True, id="a holiday has no business hours"),
    # Friday 16:00 (UTC+1) to Monday 10:00 (UTC+2): 66 h on the wall, 65 h in fact; 1 h and 1 h
    pytest.param("CLOCKCHANGE", 1, 65.0, 2.0, False, id="the night the clock changes is an hour shorter"),
    pytest.param("WAITS23", 1, None, None, None, id="unanswered for 23 h: open"),
    pytest.param("WAITS24", 1, None, None, None, id="unanswered for 24 h: not yet lapsed"),
    pytest.param("WAITS25", 1, None, None, False, id="unanswered for 25 h: late"),
    # Friday 16:00 to Wednesday 14:00, now: 1 + 8 + 8 + 5 h; 24 h from 14:00, 25 h from 13:00
    pytest.param("WAITSOPEN22", 1, None, None, None, id="unanswered for 22 business hours: open"),
    pytest.param("WAITSOPEN24", 1, None, None, None, id="unanswered for 24 business hours: not yet lapsed"),
    pytest.param("WAITSOPEN25", 1, None, None, False, id="unanswered for 25 business hours: late"),
    # Wednesday 10:00 to 12:00 in Berlin, years before any lead was created
    pytest.param("OLDHANDOFF", 1, 2.0, 2.0, True, id="older than every lead"),
    # to Tuesday 09:00 in Berlin, one business day later
    pytest.param("LASTCLOCK", 1, 31.5, 8.0, False, id="versions end at midnight UTC, not in Berlin"),
    pytest.param("FIRSTBUSINESS", 1, 31.0, 8.0, True, id="versions begin with their first second"),
    # Tuesday 12:00 to Wednesday 13:00, summer time: 5 h and 4 h
    pytest.param("BEFOREALL", 1, 25.0, 9.0, False, id="before the first version by the first"),
    pytest.param("COMPLETEDLATER", 1, 2.0, 2.0, True, id="a call counts from its completion"),
    pytest.param("ONLYCREATED", 1, 1.5, 1.5, True, id="without one from its creation"),
    # inbound call, open task, marketing's call, change of owner, integration's and robot's status change: none
    pytest.param("INBOUND", 1, 2.5, 2.5, True, id="only a seller's outbound e-mail answers"),
    pytest.param("BYSTATUS", 1, 3.0, 3.0, True, id="a person's change of status answers"),
    pytest.param("BYMARKETER", 1, 4.0, 4.0, True, id="a marketer is a person too"),
    pytest.param("BYACCEPTANCE", 1, 5.0, 5.0, True, id="an acceptance answers"),
    # 11:00 to 17:00, when the office closes
    pytest.param("BYREJECTION", 1, 6.0, 6.0, True, id="a rejection answers"),
    pytest.param("MEETING", 1, 5.0, 5.0, True, id="a held meeting counts from its entry"),
    pytest.param("NOTHELD", 1, None, None, False, id="a meeting still to come does not"),
    pytest.param("TWICE", 1, 4.0, 4.0, True, id="first of two handoffs"),
    # Monday 11:00 to Tuesday 11:00: 6 h and 2 h
    pytest.param("TWICE", 2, 24.0, 8.0, True, id="second handoff has a response of its own"),
    pytest.param("TWOSLAS", 1, 65.5, 1.5, False, id="first of two by the SLA of its day"),
    pytest.param("TWOSLAS", 2, 65.5, 1.5, True, id="second of two by the SLA of its day"),
    pytest.param("ANSWEREDSECOND", 1, None, None, False, id="an answer to the second handoff is none to the first"),
    pytest.param("ANSWEREDSECOND", 2, 2.0, 2.0, True, id="and is one to the second"),
    pytest.param("BYOWNER", 1, 6.0, 6.0, True, id="handed off by the change of owner"),
]


@pytest.mark.parametrize(("case", "number", "hours", "business", "within"), RESPONSES)
def test_response(row: Find, case: str, number: int, hours: float, business: float, within: bool | None) -> None:
    handoff = row("fct_handoff", lead_id=f"salesforce:{case}", handoff_number=number)
    assert handoff is not None
    assert (handoff["response_hours"], handoff["response_business_hours"]) == (hours, business)
    assert handoff["is_within_sla"] is within


HANDOFFS = [
    pytest.param("BYOWNER", 1, "2026-02-02T10:00:00", SECOND_SELLER, "owner", id="from the queue to a seller"),
    pytest.param("FROMMARKETER", 1, "2026-02-02T10:00:00", SELLER, "owner", id="from a marketer to a seller"),
    pytest.param("OWNERTWICE", 1, "2026-02-02T10:00:00", SELLER, "owner", id="the first change to a seller"),
    pytest.param("BYMQLDATE", 1, "2026-02-02T10:00:00", SELLER, "mql", id="without history the MQL time on the record"),
    pytest.param(
        "BORNHANDED", 1, "2026-02-02T10:00:00", SELLER, "stage", id="the initial status is entered at creation"
    ),
    pytest.param("BYMQLDAY", 1, "2026-02-01T23:00:00", SELLER, "mql", id="a day begins where the reports are read"),
    pytest.param("TWICE", 1, "2026-02-02T10:00:00", SELLER, "stage", id="the owner then, not the owner now"),
    pytest.param("TWICE", 2, "2026-03-02T10:00:00", SECOND_SELLER, "stage", id="a second handoff to another owner"),
]


@pytest.mark.parametrize(("case", "number", "handed_off", "owner", "evidence"), HANDOFFS)
def test_handoff(row: Find, case: str, number: int, handed_off: str, owner: str, evidence: str) -> None:
    handoff = row("fct_handoff", lead_id=f"salesforce:{case}", handoff_number=number)
    assert handoff is not None
    assert handoff["handed_off_at"] == at(handed_off)
    assert handoff["owner_id"] == f"salesforce:{owner}"
    assert handoff["evidence"] == evidence


def test_the_words_of_a_rejection_that_nobody_knows_are_named(core: duckdb.DuckDBPyConnection) -> None:
    """Each with the rejections that it was given for."""
    told = core.execute(
        "select value, records from core.unmapped_value where field = 'lead.rejection_reason' order by all"
    )
    assert told.fetchall() == [("Call in autumn", 1), ("Duplicate", 1)]


def test_a_lead_shows_the_first_of_its_handoffs(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:TWOSLAS")
    assert lead is not None
    assert (lead["handed_off_at"], lead["handoff_owner_id"]) == (at("2026-05-08T14:30:00"), f"salesforce:{SELLER}")
    assert (lead["response_hours"], lead["is_within_sla"], lead["handoff_count"]) == (65.5, False, 2)


def test_no_handoff_from_the_mql_date_where_there_is_a_history(row: Find) -> None:
    assert row("fct_handoff", lead_id="salesforce:NOHANDOFF") is None


@pytest.mark.parametrize(
    ("case", "handoffs"),
    [
        pytest.param("TWICE", 2, id="Handed Off to Assigned is no new handoff"),
        pytest.param("OWNERTWICE", 1, id="a second change of owner is no new handoff"),
    ],
)
def test_number_of_handoffs(core: duckdb.DuckDBPyConnection, case: str, handoffs: int) -> None:
    found = core.execute("select count(*) from core.fct_handoff where lead_id = ?", [f"salesforce:{case}"])
    assert found.fetchall() == [(handoffs,)]


DECISIONS = [
    pytest.param("TWICE", 1, "rejected", "2026-02-03T10:00:00", "not_ready", id="rejected with a reason"),
    pytest.param("TWICE", 2, "accepted", "2026-03-04T10:00:00", None, id="accepted the second time"),
    pytest.param("WONLATER", 1, "rejected", "2026-02-03T10:00:00", "competitor", id="rejected, won later"),
    pytest.param("WONLATER", 2, "accepted", "2026-03-05T10:00:00", None, id="SQL without acceptance accepts"),
    pytest.param("NOREASON", 1, "rejected", "2026-02-03T10:00:00", "missing", id="a rejection without reason"),
    pytest.param("ODDREASON", 1, "rejected", "2026-02-03T10:00:00", "unmapped", id="a reason nobody knows"),
    pytest.param(
        "OTHERSNAME", 1, "rejected", "2026-02-03T10:00:00", "wrong_person", id="a text before a reason's name"
    ),
    pytest.param("TWOREASONS", 1, "rejected", "2026-02-03T10:00:00", "not_ready", id="the reason then"),
    pytest.param("TWOREASONS", 2, "rejected", "2026-02-11T10:00:00", "competitor", id="the reason of the second"),
    pytest.param("CLEARED", 1, "rejected", "2026-02-03T10:00:00", "not_ready", id="the reason before it was emptied"),
    pytest.param("CLEARED", 2, "rejected", "2026-02-11T10:00:00", "missing", id="an emptied reason is none"),
    pytest.param("REASONLATER", 1, "rejected", "2026-02-03T10:00:00", "competitor", id="no reason then: the record's"),
    pytest.param("ATONCE", 1, "rejected", "2026-02-03T10:00:00", "missing", id="the first of one second's entries"),
    pytest.param("ATONCETWICE", 1, "rejected", "2026-02-03T10:00:00", "missing", id="rejected twice in one second"),
    pytest.param("LATEACCEPT", 1, "accepted", "2026-02-04T10:00:00", None, id="a recorded acceptance before an SQL"),
    pytest.param("IMPLIEDREADY", 1, "accepted", "2026-02-05T10:00:00", None, id="sales-ready without acceptance"),
    pytest.param("IMPLIEDDEAL", 1, "accepted", "2026-02-06T10:00:00", None, id="an opportunity without acceptance"),
    pytest.param("ANSWEREDSECOND", 1, None, None, None, id="a decision on the second is none on the first"),
    pytest.param("ANSWEREDSECOND", 2, "accepted", "2026-03-03T10:00:00", None, id="and is one on the second"),
    pytest.param("BYSTATUS", 1, None, None, None, id="contacted is no decision"),
]


@pytest.mark.parametrize(("case", "number", "decision", "decided", "reason"), DECISIONS)
def test_decision(
    row: Find, case: str, number: int, decision: str | None, decided: str | None, reason: str | None
) -> None:
    handoff = row("fct_handoff", lead_id=f"salesforce:{case}", handoff_number=number)
    assert handoff is not None
    assert (handoff["decision"], handoff["rejection_reason"]) == (decision, reason)
    assert handoff["decided_at"] == (at(decided) if decided else None)


def test_rejected_recycled_and_won_later(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:WONLATER")
    assert lead is not None
    assert lead["rejected_at"] == at("2026-02-03T10:00:00")
    assert lead["recycled_at"] == at("2026-02-04T10:00:00")
    assert lead["accepted_at"] == at("2026-03-05T10:00:00")
    assert lead["opportunity_at"] == at("2026-03-06T10:00:00")
    assert lead["won_at"] == at("2026-04-10T15:00:00")
    assert lead["won_amount"] == Decimal("1000.00")
    assert lead["lead_to_won_days"] == 95  # 5 January to 10 April 2026: 26 + 28 + 31 + 10
    assert lead["is_customer"] is True
    assert lead["rejection_reason"] == "competitor"
    deal = row("fct_opportunity", opportunity_id="salesforce:DEALLATER")
    assert deal is not None
    # the lead's source, not the deal's own, which is Partner
    assert (deal["lead_source"], deal["is_marketing_sourced"]) == ("Webinar", True)


def test_an_acceptance_that_followed_from_a_stage_counts_from_its_time(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:IMPLIEDFIRST")
    assert lead is not None
    assert lead["accepted_at"] == at("2026-02-03T10:00:00")


def test_the_queue_holds_the_undecided(core: duckdb.DuckDBPyConnection) -> None:
    waiting = dict(core.execute("select lead_id, waiting_hours from core.handoff_queue").fetchall())
    assert waiting["salesforce:WAITS25"] == 25.0
    seen = core.execute("select last_touches from core.handoff_queue where lead_id = 'salesforce:WAITS25'").fetchall()
    assert ["2026-06-30" in text and "2026-07-02" not in text for (text,) in seen] == [True]
    # the one who has it now waits, not the one whose handoff it was
    moved = "select owner_id, handoff_owner_id from core.handoff_queue where lead_id = 'salesforce:WAITSMOVED'"
    assert core.execute(moved).fetchall() == [(f"salesforce:{SECOND_SELLER}", f"salesforce:{SELLER}")]
    why = core.execute("select why_qualified from core.handoff_queue where lead_id = 'salesforce:WAITS25'").fetchall()
    assert ["form submissions: 2; events attended: 1; campaigns answered: 1; visits: 2" in text for (text,) in why] == [
        True
    ]
    decided = {f"salesforce:{case}" for case in ("TWICE", "WONLATER", "NOREASON", "ODDREASON", "TWOREASONS")}
    assert not decided & waiting.keys()


QUALIFIED = [
    # answered on 10 February, a day of Berlin, with 60 employees: inside 50-5000, the profile until 1 March
    pytest.param("SMALL", "2026-02-09T23:00:00", True, id="MQL by the definition of its day"),
    pytest.param("SMALLLATER", None, False, id="the new definition from its date on"),
    pytest.param("ANSWEREDFIRST", "2026-02-05T09:00:00", True, id="what was answered before counts at creation"),
    pytest.param("LATEFIT", "2026-01-20T09:00:00", None, id="MQL when the size became known"),
    pytest.param("UNKNOWNSIZE", None, None, id="an unknown required value is null, not false"),
    pytest.param("STUDENT", None, False, id="a disqualifier makes it false, unknown or not"),
    pytest.param("WRONGINDUSTRY", None, False, id="a required value outside"),
    pytest.param("ELSEWHERE", None, True, id="a preference excludes nobody"),
    pytest.param("FORMFILLED", "2026-02-10T12:00:00", True, id="MQL by a form"),
    pytest.param("VISITED", "2026-02-11T12:00:00", True, id="MQL by an event"),
    pytest.param("CLICKS30", "2026-02-07T10:00:00", True, id="MQL by four touches in 30 days"),
    pytest.param("CLICKS90", "2026-04-05T10:00:00", True, id="MQL by six touches in 90 days"),
    pytest.param("PAGES", "2026-03-10T10:00:00", True, id="MQL by three pages in 30 days, not by three in 32"),
    pytest.param("PRICING", "2026-02-26T10:00:00", True, id="MQL by two visits of the pricing page"),
    pytest.param("SCORED", "2026-02-01T10:00:00", True, id="MQL by the score of that day, not of today"),
    pytest.param("ONLYSENT", None, True, id="no MQL by a mailing nobody answered"),
    pytest.param("LOOSENED", "2026-06-10T08:00:00", False, id="a new definition holds from the next event on"),
    pytest.param("LOOSENEDQUIET", None, False, id="and is none itself"),
]


@pytest.mark.parametrize(("case", "mql", "fit"), QUALIFIED)
def test_profile_and_mql(row: Find, case: str, mql: str | None, fit: bool | None) -> None:
    lead = row("fct_lead", lead_id=f"salesforce:{case}")
    assert lead is not None
    assert lead["mql_at"] == (at(mql) if mql else None)
    assert lead["is_icp_fit"] is fit


def test_definition_that_changed_between_mql_and_handoff(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="salesforce:SMALL", handoff_number=1)
    event = row("fct_lead_stage_event", lead_id="salesforce:SMALL", basis="definition", stage="mql")
    assert handoff is not None
    assert event is not None
    assert handoff["is_icp_fit"] is False
    assert "employee_count outside" in handoff["icp_reasons"]
    assert event["definition_version"] == "1.0"


def test_what_was_before_the_first_version_is_judged_by_it(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:BEFOREALL")
    handoff = row("fct_handoff", lead_id="salesforce:BEFOREALL", handoff_number=1)
    assert lead is not None
    assert handoff is not None
    assert (lead["is_icp_fit"], lead["definition_version"]) == (True, "1.0")  # 60 employees
    assert (handoff["is_icp_fit"], handoff["sla_hours"], handoff["sla_clock"]) == (True, 24.0, "clock")


@pytest.mark.parametrize(
    ("case", "number", "fit"),
    [
        pytest.param("NEWERWINNER", 1, None, id="the size was unknown then"),
        pytest.param("NEWERWINNER", 2, True, id="60 employees were inside the profile of 1.0"),
        pytest.param("STEADYWINNER", 1, True, id="a field without history, the profile of 1.0"),
    ],
)
def test_a_handoff_before_the_survivors_creation_is_judged_by_its_own_time(
    row: Find, case: str, number: int, fit: bool | None
) -> None:
    handoff = row("fct_handoff", lead_id=f"salesforce:{case}", handoff_number=number)
    lead = row("fct_lead", lead_id=f"salesforce:{case}")
    assert handoff is not None
    assert lead is not None
    assert handoff["is_icp_fit"] is fit
    assert lead["is_icp_fit"] is False  # created under 2.0, from 100 employees


def test_criteria_hold_with_what_was_known_then(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:QUALIFIED")
    assert lead is not None
    assert lead["sql_at"] == at("2026-02-04T10:00:00")  # need, budget, timeline; the conversation came last
    assert lead["sales_ready_at"] == at("2026-02-06T10:00:00")  # and authority two days later


def test_a_rule_in_other_letters_is_the_same_rule(core: duckdb.DuckDBPyConnection) -> None:
    """Named in small letters. That its rows are alternatives show the MQLs of this company and the gate's tests."""
    for table, other in (("completeness", "reachable"), ("stage_criteria", "engagement")):
        named = core.execute(
            f"select distinct rule from staging.stg_definitions__{table} where lower(rule) = ?", [other]
        )
        assert named.fetchall() == [(other,)]


def test_fields_without_history_are_listed(core: duckdb.DuckDBPyConnection) -> None:
    """Profile and criteria read size, score, need, budget, timeline and authority besides, whose changes are told."""
    listed = core.execute("select source_system, field from core.untracked_field order by all")
    assert listed.fetchall() == [("salesforce", "country"), ("salesforce", "industry"), ("salesforce", "job_title")]


def test_a_crm_without_the_columns_is_taken_at_its_word(row: Find) -> None:
    lead = row("fct_lead", lead_id="hubspot:103")
    assert lead is not None
    assert lead["sql_at"] == at("2026-02-12T09:00:00")
    assert row("fct_lead_stage_event", lead_id="hubspot:103", basis="definition", stage="sql") is None


@pytest.mark.parametrize(("contact", "sql"), [("130", "2026-06-29T08:00:00"), ("131", None)])
def test_its_word_holds_only_while_no_criterion_can_judge(row: Find, contact: str, sql: str | None) -> None:
    """From 29 June the record's number decides, which HubSpot has; it says sales qualified on the 30th of both."""
    lead = row("fct_lead", lead_id=f"hubspot:{contact}")
    assert lead is not None
    assert lead["sql_at"] == (at(sql) if sql else None)


def test_a_campaign_answered_twice_is_one(core: duckdb.DuckDBPyConnection) -> None:
    counted = core.execute(
        "select responded_campaigns, responded_campaigns_60d from intermediate.int_lead_signal "
        "where lead_id = 'salesforce:ANSWEREDTWICE'"
    ).fetchall()
    assert counted == [(1, 0.0)]


@pytest.mark.parametrize(("case", "reason"), [("RATED", [("score 70",)]), ("SCORED", [])])
def test_an_engagement_rule_on_a_field_of_the_record_gives_points(
    core: duckdb.DuckDBPyConnection, case: str, reason: list[tuple[str]]
) -> None:
    """SCORED had 65 for eight days in February; it is scored now, with 30."""
    points = core.execute(
        "select distinct reason from intermediate.int_lead_score_point where lead_id = ? and attribute = 'engagement'",
        [f"salesforce:{case}"],
    ).fetchall()
    assert points == reason


def test_an_absurd_size_is_scored_as_what_it_is(core: duckdb.DuckDBPyConnection) -> None:
    """Industry and country of the profile: 19 and 6 of the 50 that fit shares. 1e20 employees are outside it."""
    reasons = core.execute(
        "select score, top_reasons from intermediate.int_lead_score_version "
        "where lead_id = 'salesforce:ABSURDSIZE' and method = 'rules'"
    ).fetchall()
    assert reasons == [(25, "industry technology (+19); country germany (+6)")]


def test_a_stage_without_criteria_takes_the_crms_word_from_that_day_on(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:SAIDREADY")
    assert lead is not None
    assert lead["sales_ready_at"] == at("2026-06-29T10:00:00")  # not 10 June: no criterion held then


def test_going_back_is_an_entry_and_times_are_first_ones(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    events = core.execute(
        "select stage, entered_at, exited_at from core.fct_lead_stage_event"
        " where lead_id = 'salesforce:BACKWARDS' and basis = 'crm' order by entered_at"
    ).fetchall()
    assert events == [
        ("captured", at("2026-01-05T09:00:00"), at("2026-02-01T10:00:00")),
        ("contacted", at("2026-02-01T10:00:00"), at("2026-02-02T10:00:00")),
        ("captured", at("2026-02-02T10:00:00"), at("2026-02-03T10:00:00")),
        ("contacted", at("2026-02-03T10:00:00"), None),
    ]
    lead = row("fct_lead", lead_id="salesforce:BACKWARDS")
    assert lead is not None
    assert lead["contacted_at"] == at("2026-02-01T10:00:00")


def test_a_blanked_field_erases_no_history(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:BLANKED")
    assert lead is not None
    assert lead["company"] is None
    assert lead["created_at"] == at("2026-01-05T09:00:00")


@pytest.mark.parametrize(
    ("lead", "opportunity", "source"),
    [
        pytest.param("INCOMPLETE", "DEALHELD", "Partner", id="held"),
        pytest.param("GONE", "DEALOFGONE", "Cold Call", id="deleted"),
    ],
)
def test_a_lead_held_or_gone_is_nowhere_and_its_opportunity_stays(
    row: Find, lead: str, opportunity: str, source: str
) -> None:
    deal = row("fct_opportunity", opportunity_id=f"salesforce:{opportunity}")
    assert row("fct_lead", lead_id=f"salesforce:{lead}") is None
    assert deal is not None
    assert (deal["lead_id"], deal["lead_source"], deal["is_marketing_sourced"]) == (None, source, False)


def test_a_lead_whose_creation_is_blanked_keeps_its_day_and_its_handoff(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:DAYBLANKED")
    assert lead is not None
    assert (lead["created_at"], lead["handed_off_at"]) == (at("2026-02-01T09:00:00"), at("2026-02-01T09:00:00"))


@pytest.mark.parametrize(
    ("case", "source"),
    [
        pytest.param("SOURCECHANGED", "Webinar", id="the source at creation"),
        pytest.param("SOURCEFILLED", "Trade Show", id="a filler is no source"),
        pytest.param("SOURCEATONCE", "Trade Show", id="a first change without an old value leaves the record's own"),
    ],
)
def test_lead_source(row: Find, case: str, source: str) -> None:
    lead = row("fct_lead", lead_id=f"salesforce:{case}")
    assert lead is not None
    assert lead["lead_source"] == source


def test_merge_chains(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    survivor = row("fct_lead", lead_id="salesforce:CHAINC")
    assert survivor is not None
    assert survivor["mql_at"] == at("2026-01-20T23:00:00")  # the answer of the record in the middle, on 21 January
    first = row("fct_lead_stage_event", lead_id="salesforce:CHAINC", basis="crm", stage="mql")
    assert first is not None
    assert first["entered_at"] == at("2026-01-20T10:00:00")  # the history of the first record
    gone = [f"salesforce:{key}" for key in ("CHAINA", "CHAINB", "TODELETED", "DELETED", "CYCLEA", "CYCLEB")]
    assert core.execute("select lead_id from core.fct_lead where list_contains(?, lead_id)", [gone]).fetchall() == []
    assert row("fct_lead", lead_id="salesforce:LASTKNOWN") is not None  # its survivor was never delivered
    assert row("fct_lead", lead_id="salesforce:TOUNKNOWN") is None


def test_a_merged_records_first_status_is_an_entry_of_its_own_time(core: duckdb.DuckDBPyConnection) -> None:
    """Unless it is the beginning: the lead is captured when the survivor is."""
    events = core.execute(
        "select stage, entered_at from core.fct_lead_stage_event"
        " where lead_id = 'salesforce:WINNER' and basis = 'crm' order by entered_at"
    ).fetchall()
    assert events == [
        ("handed_off", at("2026-01-05T09:00:00")),
        ("captured", at("2026-01-07T09:00:00")),
        ("contacted", at("2026-01-20T10:00:00")),
    ]


@pytest.mark.parametrize(
    ("lead", "entries"),
    [
        pytest.param(
            "SYNCLATER",
            [("captured", "2026-02-05T10:00"), ("handed_off", "2026-02-05T10:30"), ("contacted", "2026-02-06T10:00")],
            id="a second system's beginning is no way back",
        ),
        pytest.param(
            "SYNCSAME",
            [("captured", "2026-02-05T10:00"), ("handed_off", "2026-02-06T10:00")],
            id="of two beginnings in one second the told one counts",
        ),
        pytest.param(
            "LATEWINNER",
            [("handed_off", "2026-01-05T09:00"), ("rejected", "2026-01-10T09:00"), ("captured", "2026-02-01T09:00")],
            id="a merged record begins when it was created",
        ),
        pytest.param(
            "HANDEDWINNER",
            [("contacted", "2026-01-10T09:00"), ("handed_off", "2026-02-01T09:00")],
            id="the survivor's own status is an entry",
        ),
    ],
)
def test_records_of_one_lead_are_laid_side_by_side(
    core: duckdb.DuckDBPyConnection, lead: str, entries: list[tuple[str, str]]
) -> None:
    found = core.execute(
        "select stage, entered_at from core.fct_lead_stage_event where lead_id = ? and basis = 'crm' order by all",
        [f"salesforce:{lead}"],
    ).fetchall()
    assert sorted(found, key=lambda entry: entry[1]) == [(stage, at(when)) for stage, when in entries]


def test_a_second_systems_beginning_is_no_second_handoff(row: Find, core: duckdb.DuckDBPyConnection) -> None:
    lead = row("fct_lead", lead_id="salesforce:SYNCLATER")
    assert lead is not None
    assert (lead["handoff_count"], lead["first_response_at"], lead["is_within_sla"]) == (
        1,
        at("2026-02-06T10:00:00"),
        True,
    )
    # what the lead's own record knows is not told by the other system's history
    told = core.execute(
        "select count(*) from intermediate.int_lead_field_change"
        " where lead_id = 'salesforce:SYNCSIZE' and field = 'employee_count'"
    ).fetchone()
    assert told == (0,)


def test_a_range_in_a_history_is_its_lower_end_as_on_the_contact(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute(
        "select old_value, new_value from intermediate.int_lead_field_change"
        " where lead_id = 'hubspot:163' and field = 'employee_count' order by change_number"
    ).fetchall()
    assert told == [("", "10001"), ("10001", "1001")]


def test_an_mql_date_between_makes_no_second_handoff(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:DATEBETWEEN")
    assert lead is not None
    assert lead["handoff_count"] == 1


def test_a_status_that_was_cleared_says_nothing(row: Find) -> None:
    lead = row("fct_lead", lead_id="hubspot:171")
    assert lead is not None
    assert (lead["crm_status"], lead["current_stage"]) == ("marketingqualifiedlead", "mql")


def test_a_name_is_that_of_one_lead(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute("select full_name from core.dim_person where person_id = 'hubspot:172'").fetchone()
    assert told == ("Cy",)


def test_a_person_was_first_seen_with_the_record_that_was_merged_away(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:STEADYWINNER")
    assert lead is not None
    person = row("dim_person", person_id=lead["person_id"])
    assert person is not None
    assert (lead["created_at"], person["first_seen_at"]) == (at("2026-04-07T09:00:00"), at("2026-01-05T09:00:00"))


def test_a_lead_and_a_contact_of_one_number_are_two_people(core: duckdb.DuckDBPyConnection) -> None:
    people = core.execute(
        "select person_id, contact_id, lead_count, email from core.dim_person "
        "where email like '%@alike.example' order by 4"
    ).fetchall()
    assert people == [
        ("agency:1", None, 1, "alice@alike.example"),
        ("agency:1|contact", "agency:1", 0, "bob@alike.example"),
        ("agency:2", "agency:2", 0, "car@alike.example"),
    ]
    touches = core.execute(
        "select touch_id, person_id from core.fct_touch where touch_id in ('agency:alice', 'agency:bob') order by 1"
    ).fetchall()
    assert touches == [("agency:alice", "agency:1"), ("agency:bob", "agency:1|contact")]
    deals = core.execute(
        "select opportunity_id, person_id from core.fct_opportunity where opportunity_id like 'agency:%' order by 1"
    ).fetchall()
    assert deals == [("agency:1", "agency:1|contact"), ("agency:2", "agency:1|contact")]


def test_a_call_to_a_number_that_is_a_lead_s_is_no_call_to_the_contact(core: duckdb.DuckDBPyConnection) -> None:
    """One to another contact's number counts for the lead that became it."""
    calls = core.execute(
        "select activity_id, lead_id from intermediate.int_lead_activity where activity_id like 'agency:to%' order by 1"
    ).fetchall()
    assert calls == [("agency:to40", "agency:40"), ("agency:to42", "agency:43")]


def test_the_outcome_of_a_scoring_is_what_came_after_it(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute(
        "select scored_at, has_opportunity, is_won, won_at from intermediate.int_lead_signal "
        "where lead_id = 'hubspot:195'"
    ).fetchall()
    assert told == [(at("2026-02-10T10:00:00"), True, True, at("2026-03-05T22:59:59"))]  # the end of the day in Berlin


def test_a_change_from_nothing_leaves_the_source_to_the_record(row: Find) -> None:
    lead = row("fct_lead", lead_id="agency:l1")
    assert lead is not None
    assert lead["lead_source"] == "Referral"


def test_a_user_that_is_no_person_answers_nothing(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="agency:l1", handoff_number=1)
    assert handoff is not None
    assert handoff["response_hours"] is None


def test_a_history_is_read_in_the_words_of_the_lead(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute(
        "select lead_id, old_value, new_value from intermediate.int_lead_field_change"
        " where lead_id in ('hubspot:197', 'salesforce:FLAGGED') and field in ('lead_source', 'has_need')"
        " order by lead_id, change_number"
    ).fetchall()
    assert told == [
        ("hubspot:197", "Organic Search", "Paid Search"),
        ("salesforce:FLAGGED", "false", "true"),
    ]


def test_before_a_system_knew_the_lead_another_one_says_whose_it_was(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="hubspot:196", handoff_number=1)
    assert handoff is not None
    assert (handoff["handed_off_at"], handoff["owner_id"]) == (at("2026-02-02T09:00:00"), "agency:u2")


def test_a_date_on_the_record_ends_no_stage(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute(
        "select stage, entered_at, exited_at from core.fct_lead_stage_event"
        " where lead_id = 'salesforce:DATEDLATER' and basis = 'crm' order by entered_at"
    ).fetchall()
    assert told == [
        ("captured", at("2026-02-01T09:00:00"), at("2026-02-10T09:00:00")),
        ("accepted", at("2026-02-10T09:00:00"), None),
        ("mql", at("2026-02-20T09:00:00"), None),
    ]


def test_a_sync_id_of_15_characters_is_that_of_18(row: Find) -> None:
    assert row("fct_lead", lead_id="agency:s1") is None
    assert row("fct_lead", lead_id="salesforce:00Q000000000077EAA") is not None


def test_a_disposition_is_as_it_was_written(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute(
        "select outcome from intermediate.int_activity_record where source_system = 'hubspot' order by activity_id"
    ).fetchall()
    assert [outcome for (outcome,) in told if outcome] == ["Too expensive", "Call to come"]


def test_a_deal_without_an_amount_has_the_rate_of_its_stages(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute(
        "select amount, amount_original from core.fct_opportunity_stage_event "
        "where opportunity_id = 'salesforce:DEALNOAMOUNT'"
    ).fetchall()
    assert told == [(Decimal("330.00"), Decimal("300.00"))]


def test_a_close_that_no_history_tells_is_an_event_of_its_close_day_also_to_come(
    core: duckdb.DuckDBPyConnection,
) -> None:
    assert core.execute(
        "select stage, entered_at, exited_at from core.fct_opportunity_stage_event "
        "where opportunity_id = 'salesforce:CLOSEDAHEAD'"
    ).fetchall() == [("lost", at("2026-09-30T21:59:59"), None)]


def test_a_deal_of_no_day_takes_the_newest_rate(row: Find) -> None:
    deal = row("fct_opportunity", opportunity_id="salesforce:NODAY")
    assert deal is not None
    assert (deal["amount"], deal["created_at"], deal["close_date"]) == (Decimal("1100.00"), None, None)


def test_the_source_at_creation_of_a_hubspot_lead(row: Find) -> None:
    lead, other = row("fct_lead", lead_id="hubspot:163"), row("fct_lead", lead_id="hubspot:164")
    assert lead is not None
    assert other is not None
    assert (lead["lead_source"], lead["employee_count"]) == ("Cold Call", 1001)
    assert other["lead_source"] == "Referral"


def test_a_filler_of_another_system_is_no_source_either(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:FILLERSOURCE")
    assert lead is not None
    assert lead["lead_source"] == "Trade Show"


def test_the_source_at_creation_of_the_other_system(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:SOURCETHEN")
    assert lead is not None
    assert lead["lead_source"] == "Cold Call"


def test_dates_that_leave_out_the_stage_of_a_contact_are_no_history(core: duckdb.DuckDBPyConnection) -> None:
    entered = core.execute(
        "select stage, entered_at from core.fct_lead_stage_event "
        "where lead_id = 'hubspot:268' and basis = 'crm' order by entered_at"
    ).fetchall()
    assert [stage for stage, _ in entered] == ["sql", "mql"]
    assert entered[1][1] == at("2026-02-10T10:00:00")
    assert core.execute("select current_stage from core.fct_lead where lead_id = 'hubspot:268'").fetchall() == [
        ("sql",)
    ]


def test_the_owner_then_by_the_system_that_knows_the_owner(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="salesforce:OWNEDINHUBSPOT")
    assert handoff is not None
    assert handoff["owner_id"] == "hubspot:71"


@pytest.mark.parametrize(
    ("lead", "owner"), [("OWNEDLATER", "hubspot:71"), ("NOBODYSLATER", None), ("NEVERDELIVERED", None)]
)
def test_a_system_that_knew_the_lead_later_does_not_name_its_owner_of_before(
    row: Find, lead: str, owner: str | None
) -> None:
    handoff = row("fct_handoff", lead_id=f"salesforce:{lead}", handoff_number=1)
    assert handoff is not None
    assert (handoff["handed_off_at"], handoff["owner_id"]) == (at("2026-02-06T10:00:00"), owner)


def test_the_owner_then_of_a_lead_that_the_owners_system_did_not_know_yet(core: duckdb.DuckDBPyConnection) -> None:
    owners = core.execute("select owner_id from core.fct_handoff where lead_id = 'hubspot:266'").fetchall()
    assert owners == [("agency:u1",)]


def test_the_sync_ids_of_what_was_merged_away_are_the_survivors(core: duckdb.DuckDBPyConnection) -> None:
    leads = core.execute(
        "select lead_id from core.fct_lead where lead_id like '%LOSER' or lead_id like '%:27_'"
    ).fetchall()
    deals = core.execute(
        "select opportunity_id from core.fct_opportunity "
        "where opportunity_id like '%LOSER' or opportunity_id like '%:88_'"
    ).fetchall()
    assert leads == [("salesforce:SYNCOFLOSER",)]
    assert deals == [("salesforce:DEALOFLOSER",)]


def test_a_status_of_the_other_system_is_read_in_its_own_words(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:NOSTATUS")
    assert lead is not None
    assert (lead["crm_status"], lead["current_stage"]) == ("salesqualifiedlead", "sql")


def test_a_contact_that_was_not_delivered_joins_those_who_name_it(core: duckdb.DuckDBPyConnection) -> None:
    leads = core.execute(
        "select lead_id from core.fct_lead where lead_id in ('hubspot:276', 'salesforce:CONTACTUNKNOWN')"
    )
    assert leads.fetchall() == [("salesforce:CONTACTUNKNOWN",)]


def test_what_was_moved_to_a_contact_that_was_not_delivered_is_the_leads(
    core: duckdb.DuckDBPyConnection, row: Find
) -> None:
    handoff = row("fct_handoff", lead_id="salesforce:MOVEDAWAY", handoff_number=1)
    assert handoff is not None
    assert (handoff["response_at"], handoff["is_within_sla"]) == (at("2026-02-03T10:00:00"), True)
    of_person = core.execute(
        "select touch.touch_type, deal.opportunity_id from core.fct_lead as leads"
        " join core.fct_touch as touch using (person_id) join core.fct_opportunity as deal using (person_id)"
        " where leads.lead_id = 'salesforce:MOVEDAWAY'"
    ).fetchall()
    assert of_person == [("campaign_response", "salesforce:OFUNKNOWN")]


def test_the_customer_of_an_account_that_was_not_delivered_is_one(core: duckdb.DuckDBPyConnection) -> None:
    deals = core.execute(
        "select account_id, is_customer_acquired from core.fct_opportunity"
        " where opportunity_id like '%:ACCOUNTLESS_' order by opportunity_id"
    ).fetchall()
    # a deleted account is none, and without a person each deal is its own
    assert deals == [(None, True), (None, False), (None, True), (None, True)]


def test_a_deal_made_anew_under_its_id_begins_then(row: Find) -> None:
    deal = row("fct_opportunity", opportunity_id="salesforce:MADEANEW")
    assert deal is not None
    assert deal["created_at"] == deal["qualified_at"] == at("2026-02-01T09:00:00")


def test_who_goes_on_before_the_handoff_is_accepted_then(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:READYBEFORE")
    assert lead is not None
    assert lead["accepted_at"] == at("2026-02-10T10:00:00")


def test_a_call_to_the_contact_of_a_merged_duplicate_answers_the_survivor(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="salesforce:CALLEDWINNER")
    assert handoff is not None
    assert (handoff["response_at"], handoff["response_hours"]) == (at("2026-02-10T14:00:00"), 4.0)


def test_a_lead_that_nobody_owned_was_nobodys(row: Find) -> None:
    handoff, lead = row("fct_handoff", lead_id="hubspot:167"), row("fct_lead", lead_id="hubspot:167")
    assert handoff is not None
    assert lead is not None
    assert (handoff["owner_id"], lead["owner_id"]) == (None, "hubspot:72")


@pytest.mark.parametrize(
    ("contact", "owner"),
    [("311", None), ("313", "hubspot:73"), ("315", None), ("317", None), ("319", "hubspot:73")],
)
def test_the_owner_of_a_later_duplicate_was_not_the_leads(row: Find, contact: str, owner: str | None) -> None:
    handoff = row("fct_handoff", lead_id=f"hubspot:{contact}")
    assert handoff is not None
    assert handoff["owner_id"] == owner


def test_a_duplicate_that_was_handed_off_in_the_moment_of_its_creation_had_an_owner(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="hubspot:321", handoff_number=1)
    assert handoff is not None
    assert (handoff["handed_off_at"], handoff["owner_id"]) == (at("2026-02-05T10:00:00.1"), "hubspot:71")


@pytest.mark.parametrize("contact", ["311", "317"])
def test_the_status_that_a_duplicate_is_created_with_answers_nothing(row: Find, contact: str) -> None:
    handoff = row("fct_handoff", lead_id=f"hubspot:{contact}")
    assert handoff is not None
    assert (handoff["response_at"], handoff["is_within_sla"]) == (None, False)


def test_a_status_that_a_person_gave_a_duplicate_never_delivered_answers(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="hubspot:319")
    assert handoff is not None
    assert (handoff["response_at"], handoff["response_type"]) == (at("2026-02-08T10:00:00"), "status_change")


def test_a_value_that_is_written_again_is_no_change(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    entries = core.execute(
        "select stage, entered_at from core.fct_lead_stage_event"
        " where lead_id = 'hubspot:310' and basis = 'crm' order by entered_at"
    ).fetchall()
    assert entries == [
        ("captured", at("2026-02-05T10:00:00")),
        ("handed_off", at("2026-02-06T10:00:00")),
        ("rejected", at("2026-02-09T10:00:00")),
    ]
    lead = row("fct_lead", lead_id="hubspot:310")
    assert lead is not None
    assert (lead["handoff_count"], lead["current_stage"]) == (1, "rejected")


def test_a_status_follows_the_lifecycle_stage_of_the_same_moment(row: Find) -> None:
    lead = row("fct_lead", lead_id="hubspot:168")
    assert lead is not None
    assert (lead["handoff_count"], lead["handed_off_at"], lead["current_stage"]) == (
        1,
        at("2026-02-05T10:00:00"),
        "handed_off",
    )


@pytest.mark.parametrize("lead_id", ["salesforce:MEETSLATER", "salesforce:MEETSINHUBSPOT"])
def test_a_meeting_is_a_conversation_once_it_was_held(row: Find, lead_id: str) -> None:
    lead = row("fct_lead", lead_id=lead_id)
    assert lead is not None
    assert lead["sql_at"] == at("2026-04-10T10:00:00")


def test_the_timeline_tells_a_page_without_its_query(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute(
        "select distinct timeline.detail from core.fct_lead_timeline as timeline inner join core.fct_lead as leads "
        "using (person_id) where leads.lead_id like '%:PRICING' and timeline.event_type = 'web_session' order by 1"
    ).fetchall()
    assert told == [("/Pricing",), ("https://us.example/blog",)]


def test_a_contact_who_never_was_a_lead_has_a_timeline(core: duckdb.DuckDBPyConnection) -> None:
    told = core.execute(
        "select event_type, lead_id, opportunity_id, occurred_at from core.fct_lead_timeline"
        " where person_id = 'salesforce:CONTACTONLY' order by occurred_at, event_type"
    ).fetchall()
    assert told == [
        ("sales_call", None, None, at("2026-02-06T10:00:00")),
        ("opportunity_created", None, "salesforce:DEALCALLED", at("2026-02-07T10:00:00")),
        ("opportunity_stage", None, "salesforce:DEALCALLED", at("2026-02-07T10:00:00")),
        ("sales_call", None, "salesforce:DEALCALLED", at("2026-02-08T10:00:00")),
    ]


def test_a_source_entered_after_the_handoff_is_no_signal(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    signals = core.execute(
        "select lead_id, lead_source from intermediate.int_lead_signal"
        " where lead_id in ('salesforce:FILLEDLATER', 'salesforce:RENAMEDLATER', 'hubspot:190') order by 1"
    ).fetchall()
    assert signals == [
        ("hubspot:190", "trade show"),
        ("salesforce:FILLEDLATER", None),
        ("salesforce:RENAMEDLATER", "trade show"),
    ]
    lead = row("fct_lead", lead_id="hubspot:190")
    assert lead is not None
    assert lead["handed_off_at"] == at("2026-02-10T10:00:00")
    lead = row("fct_lead", lead_id="salesforce:FILLEDLATER")
    assert lead is not None
    assert lead["lead_source"] == "Webinar"


def test_what_is_dated_after_now_has_not_happened(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:TOCOME")
    assert lead is not None
    assert lead["handed_off_at"] is None
    entries = core.execute(
        "select stage, exited_at from core.fct_lead_stage_event where lead_id = 'salesforce:TOCOME' and basis = 'crm'"
    ).fetchall()
    assert entries == [("captured", None)]
    told = core.execute(
        "select event_type, detail from core.fct_lead_timeline where lead_id = 'salesforce:TOCOME'"
        " and event_type in ('handoff', 'lead_stage')"
    ).fetchall()
    assert told == [("lead_stage", "captured")]


def test_a_lead_begins_before_its_first_change(core: duckdb.DuckDBPyConnection) -> None:
    entries = core.execute(
        "select stage, entered_at, exited_at from core.fct_lead_stage_event"
        " where lead_id = 'salesforce:CREATEDAFTER' and basis = 'crm' order by exited_at nulls last"
    ).fetchall()
    first = at("2026-02-05T10:00:01")
    assert entries == [("captured", first, first), ("handed_off", first, None)]


def test_a_reason_that_no_change_tells_of_is_left_over_too(core: duckdb.DuckDBPyConnection) -> None:
    reasons = core.execute(
        "select rejection_reason from core.fct_handoff where lead_id = 'salesforce:LEFTOVER' order by handoff_number"
    ).fetchall()
    assert reasons == [("not_ready",), ("competitor",)]


def test_a_deal_of_two_systems_has_the_amount_that_one_of_them_knows(row: Find) -> None:
    deal = row("fct_opportunity", opportunity_id="salesforce:DEALHALF")
    assert deal is not None
    assert deal["amount"] == Decimal("70.00")


def test_an_account_is_found_by_the_domain_that_either_system_knows(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:OFBOTH")
    assert lead is not None
    assert lead["account_id"] == "salesforce:ACCOUNTOFBOTH"


def test_each_rejection_has_the_reason_entered_for_it(core: duckdb.DuckDBPyConnection) -> None:
    reasons = core.execute(
        "select rejection_reason from core.fct_handoff where lead_id = 'salesforce:REJECTEDTWICE'"
        " order by handoff_number"
    ).fetchall()
    assert reasons == [("not_ready",), ("competitor",)]


def test_an_acceptance_after_a_rejection_does_not_undo_the_first_decision(row: Find) -> None:
    lead, never = row("fct_lead", lead_id="salesforce:ACCEPTEDLATE"), row("fct_lead", lead_id="salesforce:NEVERHANDED")
    assert lead is not None
    assert never is not None
    assert (lead["first_decision"], lead["accepted_at"]) == ("accepted", at("2026-02-10T10:00:00"))
    # gone on without a handoff
    assert (never["handoff_count"], never["accepted_at"]) == (0, at("2026-02-10T10:00:00"))


def test_hubspots_two_words_for_a_status(row: Find) -> None:
    lead = row("fct_lead", lead_id="hubspot:112")
    assert lead is not None
    assert (lead["rejected_at"], lead["current_stage"]) == (at("2026-02-12T09:00:00"), "rejected")


@pytest.mark.parametrize(("contact", "reason"), [("112", "competitor"), ("115", "not_ready")])
def test_hubspots_two_names_of_a_rejection_reason(row: Find, contact: str, reason: str) -> None:
    lead = row("fct_lead", lead_id=f"hubspot:{contact}")
    assert lead is not None
    assert lead["rejection_reason"] == reason


def test_a_customer_by_the_second_deal(row: Find) -> None:
    lead = row("fct_lead", lead_id="hubspot:109")
    assert lead is not None
    assert (lead["opportunity_id"], lead["opportunity_at"]) == ("hubspot:910", at("2026-03-01T10:00:00"))
    assert (lead["won_at"], lead["is_customer"]) == (at("2026-05-20T21:59:59"), True)


def test_one_person_in_two_systems_is_one_lead(row: Find) -> None:
    by_sync = row("fct_lead", lead_id="salesforce:BOTHSYNC")
    by_mail = row("fct_lead", lead_id="salesforce:BOTHMAIL")
    assert by_sync is not None
    assert by_mail is not None
    assert by_sync["created_at"] == at("2026-02-01T09:00:00")  # HubSpot knew it first
    assert by_mail["created_at"] == at("2026-02-05T09:00:00")
    by_contact = row("fct_lead", lead_id="salesforce:BYCONTACT")  # the contact it was converted into
    assert by_contact is not None
    assert by_contact["created_at"] == at("2026-02-03T09:00:00")
    alone = {"103": True, "104": True, "106": True}
    for number, known in (dict.fromkeys(("101", "102", "105", "107"), False) | alone).items():
        assert (row("fct_lead", lead_id=f"hubspot:{number}") is not None) is known


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("hubspot:114", "marketo:31", id="HubSpot before Marketo"),
        pytest.param("marketo:32", "agency:a1", id="a system that is named before one that is not"),
        pytest.param("agency:a2", "fair:f2", id="then by name"),
    ],
)
def test_the_first_system_gives_the_id_and_the_earliest_the_time(row: Find, first: str, second: str) -> None:
    lead = row("fct_lead", lead_id=first)
    assert lead is not None
    assert lead["created_at"] == at("2026-02-01T09:00:00")
    assert row("fct_lead", lead_id=second) is None


def test_a_deal_in_two_systems_is_one_deal(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    assert row("fct_opportunity", opportunity_id="hubspot:900") is None
    assert core.execute(
        "select sum(amount) from core.fct_opportunity where name in ('DEALSYNC', 'the same deal')"
    ).fetchone() == (Decimal("500.00"),)
    alone = row("fct_opportunity", opportunity_id="hubspot:901")
    assert alone is not None
    assert alone["lead_id"] == "hubspot:103"
    assert alone["close_date"] == date(2026, 4, 1)  # 31 March 22:30 UTC is 1 April in Berlin


DEALS = [
    # case, qualified, closed, close day, amount, days
    pytest.param("DEALOPEN", None, None, None, "1200.00", None, id="open: the rate of its creation, 2 February"),
    # created on 2 February 00:30 in Berlin; the close day ends at 22:59:59 UTC
    pytest.param("DEALNOHISTORY", None, "2026-02-10T22:59:59", "2026-02-10", "1000.00", 8, id="end of the close day"),
    pytest.param("DEALREOPENED", "2026-02-06T10:00:00", None, None, "1000.00", None, id="open now is open"),
    pytest.param(
        "DEALTWICEWON", "2026-02-11T10:00:00", "2026-02-11T10:00:00", "2026-02-12", "1000.00", 11, id="the last close"
    ),
    # 2.00 x 1.0025 = 2.005
    pytest.param(
        "DEALCENT",
        "2026-01-30T22:59:59",
        "2026-01-30T22:59:59",
        "2026-01-30",
        "2.01",
        10,
        id="half up, at the close rate",
    ),
    pytest.param(
        "DEALQUALIFIEDNOW", "2026-02-01T23:30:00", None, None, "1000.00", None, id="qualified now, without history"
    ),
    pytest.param("DEALTINY", None, None, None, "10.00", None, id="10.00496 is 10.00, and not 10.005 first"),
    # 1.0049 x 1.2 = 1.20588: rounded once, after the rate
    pytest.param("DEALFRACTION", None, None, None, "1.21", None, id="rounded once"),
    pytest.param("DEALMILLIONS", None, None, None, "2500000.40", None, id="millions"),
    # 1234567890.12 x 1.2 = 1481481468.144
    pytest.param("DEALBILLION", None, None, None, "1481481468.14", None, id="a billion"),
    # 1,000,000,000 x 0.0000393712
    pytest.param("DEALDONG", None, None, None, "39371.20", None, id="a rate of ten decimals"),
    pytest.param("DEALQUALIFIEDSOON", None, None, None, "1000.00", None, id="a stage after now is not reached"),
    pytest.param(
        "DEALLOSTQUALIFIED",
        "2026-02-03T10:00:00",
        "2026-02-10T10:00:00",
        "2026-02-10",
        "1000.00",
        9,
        id="lost, qualified",
    ),
]


@pytest.mark.parametrize(("case", "qualified", "closed", "day", "amount", "days"), DEALS)
def test_deal(
    row: Find, case: str, qualified: str | None, closed: str | None, day: str | None, amount: str, days: int | None
) -> None:
    deal = row("fct_opportunity", opportunity_id=f"salesforce:{case}")
    assert deal is not None
    assert deal["qualified_at"] == (at(qualified) if qualified else None)
    assert deal["is_qualified"] is (qualified is not None)
    assert deal["closed_at"] == (at(closed) if closed else None)
    assert deal["close_date"] == (date.fromisoformat(day) if day else None)
    assert deal["amount"] == Decimal(amount)
    assert deal["cycle_days"] == days


def test_what_a_later_version_deleted_never_was(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    assert row("fct_handoff", lead_id="salesforce:TOOKBACK") is None
    stages = core.execute(
        "select stage from core.fct_opportunity_stage_event where opportunity_id = 'salesforce:DEALTOOKBACK'"
    ).fetchall()
    assert stages == [("open",)]


def test_a_row_without_its_key_is_malformed(core: duckdb.DuckDBPyConnection) -> None:
    assert core.execute(
        "select object, error from quality.malformed_row where source_system = 'salesforce' order by 1"
    ).fetchall() == [(name, "Id (native_id) is empty") for name in ("campaign", "campaign_member", "user")]


def test_who_hangs_on_a_deal_that_was_merged_away_hangs_on_its_survivor(row: Find) -> None:
    lead, deal = row("fct_lead", lead_id="hubspot:120"), row("fct_opportunity", opportunity_id="hubspot:950")
    assert lead is not None
    assert deal is not None
    assert (lead["opportunity_id"], deal["lead_id"], lead["won_amount"]) == (
        "hubspot:950",
        "hubspot:120",
        Decimal("70.00"),
    )
    assert row("fct_opportunity", opportunity_id="hubspot:951") is None


def test_the_people_of_a_deal_are_its_lead_and_its_roles(core: duckdb.DuckDBPyConnection) -> None:
    people = "select count(*) from intermediate.int_opportunity_person where opportunity_id = ?"
    counted = [core.execute(people, [f"salesforce:{deal}"]).fetchone() for deal in ("DEALCONTACTONLY", "DEALPERSON1")]
    assert counted == [(0,), (1,)]


def test_a_deal_without_a_creation_has_its_revenue_and_no_path(row: Find) -> None:
    deal = row("fct_opportunity", opportunity_id="salesforce:DEALUNDATED")
    assert deal is not None
    assert (deal["created_at"], deal["amount"], deal["channel"]) == (None, Decimal("1000.00"), "unattributed")


@pytest.mark.parametrize("case", ["DEALUNDATED", "DEALTOCOME"])
def test_every_deal_is_weighed_by_some_setting(core: duckdb.DuckDBPyConnection, case: str) -> None:
    assert core.execute(
        "select half_life_days from intermediate.int_opportunity_window where opportunity_id = ?",
        [f"salesforce:{case}"],
    ).fetchall() == [(7,)]


def test_deals_by_type_and_link(row: Find) -> None:
    types = {}
    for key in ("DEALRENEWAL", "DEALODDTYPE"):
        deal = row("fct_opportunity", opportunity_id=f"salesforce:{key}")
        assert deal is not None
        types[key] = (deal["opportunity_type"], deal["is_new_business"], deal["is_opportunity_type_unmapped"])
        assert (deal["lead_source"], deal["is_marketing_sourced"]) == (
            ("Zeppelin", False) if key == "DEALODDTYPE" else (None, False)
        )
    assert types == {"DEALRENEWAL": ("renewal", False, False), "DEALODDTYPE": ("new_business", True, True)}
    for field, value in (("opportunity.opportunity_type", "Something else"), ("opportunity.lead_source", "Zeppelin")):
        unmapped = row("unmapped_value", field=field)
        assert unmapped is not None
        assert (unmapped["value"], unmapped["records"]) == (value, 1)
    assert row("fct_opportunity", opportunity_id="salesforce:DEALGONE") is None
    shared = row("fct_opportunity", opportunity_id="salesforce:DEALSHARED")
    assert shared is not None
    assert shared["lead_id"] == "salesforce:SHAREDFIRST"  # the earliest created of two
    # neither deal has a touch: the one with a lead takes the lead's campaign, which is none
    alone = row("fct_opportunity", opportunity_id="salesforce:DEALRENEWAL")
    assert alone is not None
    assert (shared["channel"], shared["campaign_id"]) == ("unattributed", None)
    assert (alone["channel"], alone["campaign_id"]) == ("unattributed", "salesforce:camp0001")
    gone = row("fct_opportunity", opportunity_id="salesforce:DEALOFGONECAMPAIGN")
    assert gone is not None
    assert gone["campaign_id"] is None


def test_leads_of_one_opportunity(row: Find) -> None:
    for key in ("SHAREDFIRST", "SHAREDLATER"):  # converted at their creation in January, by their status
        lead = row("fct_lead", lead_id=f"salesforce:{key}")
        assert lead is not None
        assert (lead["opportunity_at"], lead["won_at"]) == (at("2026-02-01T10:00:00"), at("2026-02-12T22:59:59"))
        assert lead["is_customer"] is True
    renewed = row("fct_lead", lead_id="salesforce:RENEWED")
    assert renewed is not None
    assert (renewed["won_at"], renewed["is_customer"]) == (at("2026-02-11T22:59:59"), False)


@pytest.mark.parametrize(
    ("earlier", "later", "acquired"),
    [
        pytest.param("DEALRENEWED1", "DEALRENEWED2", (False, True), id="a renewal makes no customer"),
        pytest.param("DEALPERSON1", "DEALPERSON2", (True, False), id="without an account the person"),
    ],
)
def test_a_customer_is_acquired_once(row: Find, earlier: str, later: str, acquired: tuple[bool, bool]) -> None:
    deals = [row("fct_opportunity", opportunity_id=f"salesforce:{key}") for key in (earlier, later)]
    assert tuple(deal and deal["is_customer_acquired"] for deal in deals) == acquired


def test_an_account_becomes_a_customer_once(row: Find) -> None:
    first = row("fct_opportunity", opportunity_id="salesforce:DEALFIRST")
    second = row("fct_opportunity", opportunity_id="salesforce:DEALSECOND")
    assert first is not None
    assert second is not None
    assert first["account_id"] == second["account_id"] == "salesforce:ACCNEW"  # merged into it
    assert (first["is_customer_acquired"], second["is_customer_acquired"]) == (True, False)


def test_an_amount_change_is_no_entry(core: duckdb.DuckDBPyConnection) -> None:
    stages = core.execute(
        "select stage from core.fct_opportunity_stage_event where opportunity_id = 'salesforce:DEALTWICEWON'"
        " order by entered_at"
    ).fetchall()
    assert stages == [("open",), ("won",), ("open",), ("won",)]


def test_accounts(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:BYDOMAIN")
    free = row("fct_lead", lead_id="salesforce:FREEMAIL")
    fitting, small = (
        row("dim_account", account_id="salesforce:ACCLATER"),
        row("dim_account", account_id="salesforce:ACCNEW"),
    )
    assert lead is not None
    assert free is not None
    assert fitting is not None
    assert small is not None
    assert (lead["account_id"], free["account_id"]) == ("salesforce:ACCLATER", None)
    assert (fitting["domain"], fitting["is_icp_fit"], small["is_icp_fit"]) == ("later.example", True, False)


def test_people(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    def person(lead: str) -> str:
        found = row("fct_lead", lead_id=f"salesforce:{lead}")
        assert found is not None
        return str(found["person_id"])

    # one e-mail; conversion to a contact; that contact's e-mail
    assert person("SAMEPERSON1") == person("SAMEPERSON2") == person("SAMEPERSON3")
    assert len({person(f"MAILBOX{number}") for number in range(4)}) == 1  # whatever their names
    assert person("BRIDGENEW") == person("BRIDGEOTHER")  # by the e-mail of the record merged away
    assert len({person(f"BROKEN{number}") for number in range(1, 5)}) == 4  # two and two share a deleted record
    same = row("dim_person", person_id=person("SAMEPERSON1"))
    assert same is not None
    assert (same["lead_count"], same["contact_id"]) == (3, "salesforce:CONTACTSAME")
    assert core.execute(
        "select count(*) from core.dim_owner where owner_id = ?", [f"salesforce:{QUEUE}"]
    ).fetchone() == (0,)


def test_a_deal_has_the_account_that_it_names_and_nobody_by_its_contact_field(row: Find) -> None:
    converted, alone = (
        row("fct_opportunity", opportunity_id=f"salesforce:{key}") for key in ("DEALNOACC", "DEALATONCE")
    )
    lead = row("fct_lead", lead_id="salesforce:CONVERTEDNOACC")
    assert converted is not None
    assert alone is not None
    assert lead is not None
    assert (converted["account_id"], converted["person_id"]) == (None, lead["person_id"])
    assert (lead["account_id"], alone["person_id"]) == ("salesforce:ACCNEW", None)


def test_the_stage_before_the_first_change_was_reached(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    assert core.execute(
        "select stage, entered_at, exited_at from core.fct_opportunity_stage_event "
        "where opportunity_id = 'salesforce:DEALATONCE' order by entry_number"
    ).fetchall() == [
        ("qualified", at("2026-03-01T10:00:00"), at("2026-03-01T10:00:00")),
        ("lost", at("2026-03-01T10:00:00"), None),
    ]
    deal = row("fct_opportunity", opportunity_id="salesforce:DEALATONCE")
    assert deal is not None
    assert (deal["is_qualified"], deal["qualified_at"]) == (True, at("2026-03-01T10:00:00"))


def test_amounts_of_stage_events_are_in_the_reporting_currency(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    deal = row("fct_opportunity", opportunity_id="salesforce:DEALNOACC")
    assert deal is not None
    assert deal["amount"] != deal["amount_original"]
    assert core.execute(
        "select amount, amount_original, currency from core.fct_opportunity_stage_event "
        "where opportunity_id = 'salesforce:DEALNOACC'"
    ).fetchall() == [(deal["amount"], deal["amount_original"], "EUR")]


def test_a_response_of_a_deleted_lead_is_its_living_contact_s(core: duckdb.DuckDBPyConnection) -> None:
    assert core.execute(
        "select fct_touch.touched_at from core.fct_touch join core.dim_person using (person_id) "
        "where dim_person.contact_id = 'salesforce:CONTACTBUYER'"
    ).fetchall() == [(at("2026-02-02T23:00:00"),)]  # a day of Berlin


def test_a_response_of_a_deleted_lead_is_none_whatever_row_lacks_its_id(core: duckdb.DuckDBPyConnection) -> None:
    nameless = "select lead_source from intermediate.int_lead_record where record_id is null"
    assert core.execute(nameless).fetchall() == []
    assert core.execute("select touch_id from core.fct_touch where touch_id like '%ANSWEROFGONE'").fetchall() == []


def test_a_missing_rate_names_currency_and_day(core_home: Path, tmp_path: Path) -> None:
    compiled = next((core_home / "dbt" / "compiled").rglob("int_opportunity.sql")).read_text()
    copy = tmp_path / "warehouse.duckdb"
    copy.write_bytes((core_home / "warehouse.duckdb").read_bytes())
    with duckdb.connect(str(copy)) as con:
        con.execute("delete from definitions.exchange_rates where contains(rate_date, '2026-02-02')")
        move = "update definitions.exchange_rates set rate_date = $1 where contains(rate_date, $2)"
        con.execute("set TimeZone = 'UTC'")
        # DEALOPEN was created on 2 February in Berlin: the rate of 26 January is 7 days old, that of the 25th 8
        con.execute(move, ["2026-01-26", "2026-01-28"])
        seven_days = con.execute(f"select amount from ({compiled}) where name = 'DEALOPEN'").fetchall()
        assert seven_days == [(Decimal("1002.50"),)]
        con.execute(move, ["2026-01-25", "2026-01-26"])
        with pytest.raises(duckdb.InvalidInputException, match="No exchange rate for EUR on 2026-02-02"):
            con.execute(compiled).fetchall()


def test_what_touches_do_not_name_is_a_channel_and_not_marketing(row: Find) -> None:
    for channel in ("unattributed", "unassigned"):
        named = row("dim_channel", channel=channel)
        assert named is not None
        assert named["is_marketing"] is False


def test_days(row: Find) -> None:
    assert row("dim_date", date_day=date(2021, 1, 1)) is not None, "the year of the first close"
    assert row("dim_date", date_day=date(2020, 12, 31)) is None
    holiday, monday = row("dim_date", date_day=date(2026, 6, 10)), row("dim_date", date_day=date(2026, 6, 8))
    assert holiday is not None
    assert monday is not None
    assert (holiday["is_business_day"], monday["is_business_day"]) == (False, True)
    assert (monday["week_start"], monday["quarter_start"], monday["fiscal_quarter"]) == (
        date(2026, 6, 8),
        date(2026, 4, 1),
        2,
    )


def test_a_handoff_before_the_survivor_came_is_judged(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="salesforce:THENHELD", handoff_number=1)
    assert handoff is not None
    assert handoff["handed_off_at"] == at("2026-01-05T09:00:00")
    assert handoff["is_icp_fit"] is True


def test_signals_and_profile_read_one_history(core: duckdb.DuckDBPyConnection, row: Find) -> None:
    """A record merged into a lead has a history; the lead's own has none of its size."""
    assert core.execute(
        "select employee_count from intermediate.int_lead_signal where lead_id = 'salesforce:GROWN'"
    ).fetchall() == [(9000.0,)]
    handoff = row("fct_handoff", lead_id="salesforce:GROWN", handoff_number=1)
    assert handoff is not None
    assert "9000" in handoff["icp_reasons"]


def test_a_deal_without_a_handoff_is_an_acceptance(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:INADEAL")
    assert lead is not None
    assert (lead["handed_off_at"], lead["accepted_at"]) == (None, at("2026-02-12T10:00:00"))


@pytest.mark.parametrize(("case", "joined"), [("JOINS", "2026-03-10T10:00:00"), ("JOINSUNTOLD", "2026-03-10T11:00:00")])
def test_a_lead_that_joins_an_older_deal_is_accepted_when_it_does(row: Find, case: str, joined: str) -> None:
    lead, handoff = row("fct_lead", lead_id=f"salesforce:{case}"), row("fct_handoff", lead_id=f"salesforce:{case}")
    entered = row("fct_lead_stage_event", lead_id=f"salesforce:{case}", stage="opportunity", basis="crm")
    assert lead is not None
    assert handoff is not None
    assert entered is not None
    assert (lead["accepted_at"], handoff["decided_at"], entered["entered_at"]) == (at(joined),) * 3
    assert lead["opportunity_at"] == at("2026-01-10T09:00:00")


@pytest.mark.parametrize("case", ["JOINSREJECTED", "JOINSAGAIN"])
def test_a_rejection_stands_beside_the_deal_that_another_lead_opened_before_it(row: Find, case: str) -> None:
    lead = row("fct_lead", lead_id=f"salesforce:{case}")
    handoff = row("fct_handoff", lead_id=f"salesforce:{case}", handoff_number=1)
    assert lead is not None
    assert handoff is not None
    assert (handoff["decision"], handoff["decided_at"]) == ("rejected", at("2026-03-05T09:00:00"))
    assert handoff["rejection_reason"] == "competitor"
    assert (lead["rejected_at"], lead["accepted_at"]) == (at("2026-03-05T09:00:00"), at("2026-03-25T09:00:00"))
    assert lead["opportunity_at"] == at("2026-03-01T10:00:00")


def test_a_handoff_is_decided_by_the_conversion_after_it(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="salesforce:JOINSAGAIN", handoff_number=2)
    assert handoff is not None
    assert (handoff["decision"], handoff["decided_at"]) == ("accepted", at("2026-03-25T09:00:00"))


def test_a_handoff_is_decided_by_the_second_deal_that_came_of_it(row: Find) -> None:
    handoff = row("fct_handoff", lead_id="hubspot:195")
    assert handoff is not None
    assert (handoff["decision"], handoff["decided_at"]) == ("accepted", at("2026-02-20T10:00:00"))


@pytest.mark.parametrize("native_id", ["00Q5e00000AbCdEEAV", "00Q5e00000AbCdFEAV"])
def test_a_criterion_may_name_an_id_of_salesforce_in_15_characters(row: Find, native_id: str) -> None:
    lead = row("fct_lead", lead_id=f"salesforce:{native_id}")
    assert lead is not None
    assert lead["sql_at"] == at("2026-06-29T08:00:00")


def test_a_rejection_to_come_has_no_reason_yet(row: Find) -> None:
    lead = row("fct_lead", lead_id="salesforce:TOBEREJECTED")
    assert lead is not None
    assert (lead["rejected_at"], lead["rejection_reason"]) == (None, None)

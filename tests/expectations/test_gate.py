"""What becomes of held records: repair, relapse, changed rules, merges, batches. Worked by hand."""

import csv
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from expectations import feedback
from expectations.gate import accept
from expectations.records import cycle_members
from handoff import definitions
from handoff.errors import HandoffError
from handoff.spreadsheet import harmless
from tests.expectations.bench import NOON, SHIPPED, Bench, edited, lead

NEXT = NOON + timedelta(days=1)
V2 = datetime(2026, 1, 6, 9)
V3 = datetime(2026, 1, 7, 9)


def counts(bench: Bench) -> list[tuple[str, int, int, int, int]]:
    return bench.rows(
        "select source_file, rows_read, rows_loaded, rows_held, rows_malformed from quality.load_log order by 1"
    )


TWO_VERSIONS = ("1.0,2024-01-01", "2.0,2026-03-03,Marketing,Sales,relaxed\n1.0,2024-01-01")


def test_a_repaired_record_is_released_and_its_story_kept(bench: Bench) -> None:
    bench.deliver(lead(company=None, email="ada@gmail.com", lead_source=None))
    bench.night()
    assert bench.quarantine() == [("1", "company", None), ("1", "lead_source", None)]
    # the second try repairs one of two
    bench.deliver(lead(company=None, email="ada@gmail.com", version_at=V2), file="b.csv", at=NEXT)
    bench.night(NEXT)
    assert bench.admitted() == set()
    bench.deliver(lead(version_at=V3), file="c.csv", at=NEXT + timedelta(days=1))
    report = bench.night(NEXT + timedelta(days=1))
    released = NEXT + timedelta(days=1)
    assert bench.rows("select rule, source_file, first_seen_at, released_at from quality.quarantine order by all") == [
        ("company", "a.csv", NOON, released),
        ("company", "b.csv", NEXT, released),
        ("lead_source", "a.csv", NOON, released),
    ]
    assert bench.admitted() == {"1"}
    assert report.released == 1
    assert counts(bench) == [("a.csv", 1, 0, 1, 0), ("b.csv", 1, 0, 1, 0), ("c.csv", 1, 1, 0, 0)]
    assert bench.rows("select is_complete_at_first, first_failed_rules from quality.lead_admission") == [
        (False, "company|lead_source")
    ]


def test_the_records_of_a_page_are_judged_one_by_one(bench: Bench) -> None:
    """They lie on one line, and their names in quarantine's words are those of each."""
    bench.deliver(lead(), lead(native_id="2", status=None), lead(native_id="3", status=None), is_page=True)
    bench.night()
    assert bench.admitted() == {"1"}
    assert bench.quarantine() == [("2", "status", None), ("3", "status", None)]
    assert counts(bench) == [("a.csv", 3, 1, 2, 0)]


def test_verdicts_of_an_earlier_release_that_knew_lines_alone_are_made_anew(bench: Bench) -> None:
    bench.deliver(lead(), lead(native_id="2", status=None), is_page=True)
    bench.night()
    bench.con.execute("alter table quality.lead_verdict drop column record_key")
    assert bench.night(NEXT).judged == 2
    assert bench.admitted() == {"1"}


def test_a_release_keeps_its_date(bench: Bench) -> None:
    bench.deliver(lead(status=None))
    bench.night()
    bench.deliver(lead(version_at=V2), file="b.csv", at=NEXT)
    bench.night(NEXT)
    assert bench.night(NEXT + timedelta(days=5)).released == 0
    assert bench.quarantine() == [("1", "status", NEXT)]


def test_a_blanked_field_does_not_erase_an_admitted_lead(bench: Bench) -> None:
    bench.deliver(lead(), lead(version_at=V2, status=None, company=None, email="x@gmail.com"))
    bench.night()
    assert bench.admitted() == {"1"}
    assert bench.rows("select rule, detail, released_at from quality.quarantine") == [
        ("regressed", "was complete before, now fails company, status", None)
    ]
    assert counts(bench) == [("a.csv", 2, 2, 0, 0)]
    bench.deliver(lead(version_at=V3), file="b.csv", at=NEXT)
    bench.night(NEXT)
    assert bench.quarantine() == [("1", "regressed", NEXT)]


def test_complete_at_first_is_judged_on_the_lowest_version_whenever_it_comes(bench: Bench) -> None:
    bench.deliver(lead(version_at=V2))
    bench.night()
    bench.deliver(lead(status=None), file="late.csv", at=NEXT)
    bench.night(NEXT)
    assert bench.rows("select is_admitted, is_complete_at_first from quality.lead_admission") == [(True, False)]
    assert bench.quarantine() == [("1", "status", NEXT)]


def test_overlapping_deliveries_of_one_version_are_one_try(bench: Bench) -> None:
    bench.deliver(lead(status=None), file="b.csv")
    bench.deliver(lead(status=None), file="a.csv")
    bench.night()
    assert bench.rows("select source_file, rule from quality.quarantine") == [("a.csv", "status")]
    assert counts(bench) == [("a.csv", 1, 0, 1, 0), ("b.csv", 1, 0, 1, 0)]


def test_records_without_an_id_stand_once_where_a_file_was_written_over(bench: Bench) -> None:
    """Two deliveries of one name, each with such a record on the same line."""
    for at, file in ((NOON, "a.csv"), (NEXT, "b.csv"), (NEXT, "c.csv")):
        bench.deliver(lead(None), file=file, at=at)
        bench.con.execute("update quality.load_log set source_file = 'a.csv'")
        bench.night(at)
    assert bench.rows("select source_file, line, rule, first_seen_at from quality.quarantine order by all") == [
        ("a.csv", 2, "native_id", at) for at in (NOON, NEXT, NEXT)
    ]


def test_deleted_and_merged_away_records_are_not_judged(bench: Bench) -> None:
    bench.deliver(lead("1", status=None, is_deleted=True), lead("2", status=None, merged_into_id="3"), lead("3"))
    bench.night()
    assert bench.quarantine() == []
    assert bench.rows("select native_id, is_gone from quality.lead_admission") == [("3", False)]
    assert counts(bench) == [("a.csv", 3, 3, 0, 0)]


def test_deletions_and_merges_that_others_tell_are_known(bench: Bench) -> None:
    """A survivor lists its losers, an audit names them, Marketo says so by activities; two ways of writing a list."""
    bench.con.execute("alter table raw.hubspot__contact add column fivetran_deleted boolean")
    bench.con.execute(
        "create table raw.hubspot__contact_merge_audit (loser_id varchar, survivor_id varchar, _delivery_id varchar)"
    )
    bench.con.execute(
        "insert into raw.hubspot__contact_merge_audit values "
        "('6', '3', 'hubspot-a.csv'), ('7', 'never seen', 'hubspot-a.csv'), "
        "('11', 'between', 'hubspot-a.csv'), ('between', '3', 'hubspot-a.csv')"
    )
    bench.con.execute(
        """
        create table raw.marketo__activity as
        select *, 'marketo-b.csv' as _delivery_id
        from (values
            ('1', 32, null, '[2]', null),
            ('1', null, 'Merge Leads', null, '[{"name": "Merge IDs", "value": "3, 30"}]'),
            ('4', 37, null, null, null),
            ('8', 32, null, null, '{"Merge IDs": "9"}'),
            ('9', 32, null, '8', '[{"name": ["Merge IDs"'),
            ('1', 32, null, null, '[{"name": "Merge IDs", "value": [31, 32]}]')
        ) as told(lead_id, activity_type_id, activity_type, merge_ids, details)
        """
    )
    hubspot = [lead(key, status=None) for key in ("4", "5", "6", "7", "11")]
    gone = lead("10", status=None, fivetran_deleted=True)
    bench.deliver(lead("3", merged_ids="[4, 5]"), *hubspot, gone, source="hubspot", name="contact")
    marketo = [lead(key, status=None) for key in ("2", "3", "30", "4", "50")]
    bench.deliver(lead("1"), *marketo, lead("8"), lead("9"), file="b.csv", source="marketo")
    bench.night()
    assert set(bench.quarantine()) == {
        ("7", "status", None),
        ("50", "status", None),
        ("8", "merge_cycle", None),
        ("9", "merge_cycle", None),
    }


def test_the_last_known_record_of_a_chain_of_merges_is_judged(bench: Bench) -> None:
    """1 → 2 → a record nobody delivered: 2 survives; Salesforce marks merged records as deleted, too."""
    bench.deliver(
        lead("1", status=None, merged_into_id="2", is_deleted=True),
        lead("2", merged_into_id="never seen", is_deleted=True),
        lead("3", status=None, merged_into_id="never seen"),
    )
    bench.night()
    assert bench.admitted() == {"2"}
    assert bench.rows("select native_id from quality.lead_admission where not is_gone order by 1") == [("2",), ("3",)]
    assert bench.quarantine() == [("3", "status", None)]
    bench.deliver(lead("never seen"), file="b.csv", at=NEXT)
    bench.night(NEXT)
    assert bench.admitted() == {"never seen"}
    assert bench.quarantine() == []


def test_a_lead_deleted_later_keeps_its_story_but_waits_no_more(bench: Bench) -> None:
    bench.deliver(lead("1", status=None), lead("2"))
    assert bench.night().still_held == 1
    bench.deliver(lead("1", version_at=V2, is_deleted=True), lead("2", version_at=V2, is_deleted=True), file="b.csv")
    assert bench.night(NEXT).still_held == 0
    assert bench.quarantine() == [("1", "status", None)]
    assert bench.rows("select native_id, is_admitted, is_gone from quality.lead_admission order by 1") == [
        ("1", False, True),
        ("2", True, True),
    ]


def test_a_snapshot_source_drops_what_its_newest_delivery_does_not_hold(bench: Bench) -> None:
    bench.con.execute("update control.declared_object set is_snapshot = true where source_system = 'marketo'")
    bench.deliver(lead("1", status=None), lead("2"), source="marketo", file="a.csv")
    bench.deliver(lead("2"), source="marketo", file="b.csv")
    assert bench.night().still_held == 0
    gone = "select native_id, is_gone from quality.lead_admission order by 1"
    assert bench.rows(gone) == [("1", True), ("2", False)]
    bench.deliver(lead("3"), source="marketo", file="c.csv", at=NEXT, malformed=1)
    bench.con.execute("insert into control.malformed_record values ('marketo-c.csv', '2')")
    bench.night(NEXT)
    assert bench.rows(gone) == [("1", True), ("2", False), ("3", False)], "a row that could not be parsed is not absent"


def test_the_older_row_of_a_record_that_could_not_be_parsed_still_tells_of_merges(bench: Bench) -> None:
    bench.con.execute("update control.declared_object set is_snapshot = true where source_system = 'hubspot'")
    place = {"source": "hubspot", "name": "contact"}
    bench.deliver(lead("1", merged_ids="2"), lead("2", status=None), file="a.csv", **place)
    bench.deliver(lead("2", status=None), file="b.csv", at=NEXT, malformed=1, **place)
    bench.con.execute("insert into control.malformed_record values ('hubspot-b.csv', '1')")
    bench.night(NEXT)
    assert bench.quarantine() == []
    assert bench.rows("select native_id from quality.lead_admission where not is_gone") == [("1",)]


def test_a_rule_relaxed_from_a_day_on_releases_what_it_held(bench: Bench, tmp_path: Path) -> None:
    bench.definitions = edited(
        tmp_path / "definitions",
        versions=TWO_VERSIONS,
        completeness=(
            "not_filler,2024-01-01,",
            "not_filler,2024-01-01,2026-03-03",
        ),
    )
    bench.deliver(lead(lead_source=None))
    bench.night(NOON)
    assert bench.quarantine() == [("1", "lead_source", None)]
    report = bench.night(NEXT)  # version 2.0 holds from this day on
    assert bench.quarantine() == [("1", "lead_source", NEXT)]
    assert bench.admitted() == {"1"}
    assert report.judged == 1
    assert bench.rows("select is_complete_at_first from quality.lead_admission") == [(False,)]


def test_rows_of_a_rule_in_other_letters_are_alternatives_in_every_period(bench: Bench, tmp_path: Path) -> None:
    bench.definitions = edited(
        tmp_path / "definitions",
        versions=TWO_VERSIONS,
        completeness=(
            "reachable,who,phone|mobile_phone,present,2024-01-01,",
            "Reachable,who,phone|mobile_phone,present,2024-01-01,2026-03-03\nREACHABLE,who,phone,present,2026-03-03,",
        ),
    )
    bench.deliver(lead(email=None, phone="1"), lead("2", email=None))
    bench.night(NOON)
    assert (bench.admitted(), bench.quarantine()) == ({"1"}, [("2", "reachable", None)])
    bench.night(NEXT)
    assert (bench.admitted(), bench.quarantine()) == ({"1"}, [("2", "reachable", None)])


def test_a_relapse_is_released_by_a_version_that_is_complete_by_the_rules_of_now(bench: Bench, tmp_path: Path) -> None:
    bench.definitions = edited(
        tmp_path / "definitions",
        versions=TWO_VERSIONS,
        completeness=("not_filler,2024-01-01,", "not_filler,2024-01-01,2026-03-03"),
    )
    bench.deliver(lead(), lead(version_at=V2, status=None), lead(version_at=V3, lead_source=None))
    bench.night(NOON)
    assert bench.quarantine() == [("1", "regressed", None), ("1", "regressed", None)]
    bench.night(NEXT)  # version 2.0, from this day on, asks for no source
    assert bench.quarantine() == [("1", "regressed", NEXT), ("1", "regressed", NEXT)]


def test_a_version_complete_by_the_rules_of_now_may_be_followed_by_a_relapse(bench: Bench, tmp_path: Path) -> None:
    bench.definitions = edited(
        tmp_path / "definitions",
        versions=("1.0,2024-01-01", "2.0,2026-02-01,Marketing,Sales,relaxed\n1.0,2024-01-01"),
        completeness=("not_filler,2024-01-01,", "not_filler,2024-01-01,2026-02-01"),
    )
    bench.deliver(lead(lead_source=None))
    bench.deliver(lead(version_at=datetime(2026, 2, 10), status=None), file="b.csv")
    bench.night(NOON)
    assert bench.admitted() == {"1"}
    assert bench.quarantine() == [("1", "lead_source", NOON), ("1", "regressed", None)]
    assert counts(bench) == [("a.csv", 1, 0, 1, 0), ("b.csv", 1, 1, 0, 0)]


def test_a_version_that_its_loader_ended_is_a_version_unless_it_is_the_newest(bench: Bench) -> None:
    bench.con.execute("alter table raw.salesforce__lead add column fivetran_active boolean")
    ended, running = {"fivetran_active": False}, {"fivetran_active": True, "version_at": V2}
    bench.deliver(lead("1", **ended), lead("1", lead_source=None, **running))
    bench.deliver(lead("2", lead_source=None, **ended), lead("2", **running), file="b.csv")
    bench.deliver(lead("3", fivetran_active=True), lead("3", **(running | ended)), file="c.csv")
    bench.deliver(lead("4", status=None, **ended), file="d.csv")
    bench.night()
    assert bench.quarantine() == [("1", "regressed", None), ("2", "lead_source", NOON)]
    assert counts(bench) == [("a.csv", 2, 2, 0, 0), ("b.csv", 2, 1, 1, 0), ("c.csv", 2, 2, 0, 0), ("d.csv", 1, 1, 0, 0)]
    assert bench.rows("select native_id, is_complete_at_first, is_gone from quality.lead_admission order by 1") == [
        ("1", True, False),
        ("2", False, False),
        ("3", True, True),
    ]


def test_case_is_that_of_the_records_also_where_languages_differ(bench: Bench, tmp_path: Path) -> None:
    """Python and DuckDB make these letters lower case differently."""
    bench.definitions = edited(
        tmp_path / "definitions",
        stage_map=("salesforce,lead,Open,captured", "salesforce,lead,İptal,rejected\nsalesforce,lead,ΝΕΟΣ,captured"),
        fillers=("unknown", "unknown\nİlgisiz\nΚΕΝΟΣ"),
    )
    bench.deliver(lead("1", status="İptal"), lead("2", status="ΝΕΟΣ"))
    bench.deliver(
        lead("3", status="ΝΕΟΣ", lead_source="İlgisiz"), lead("4", status="ΝΕΟΣ", lead_source="ΚΕΝΟΣ"), file="b"
    )
    bench.night()
    assert bench.admitted() == {"1", "2"}
    assert [row[:2] for row in bench.quarantine()] == [("3", "lead_source"), ("4", "lead_source")]


def test_a_stricter_rule_judges_what_comes_after_it(bench: Bench, tmp_path: Path) -> None:
    bench.definitions = edited(
        tmp_path / "definitions",
        versions=TWO_VERSIONS,
        completeness=("name,who,", "title,who,job_title,present,2026-03-03,\nname,who,"),
    )
    later = {"version_at": datetime(2026, 3, 3, 1), "created_at": datetime(2026, 3, 3)}
    bench.deliver(lead("1"), lead("2", **later), lead("3", job_title="Analyst", **later))
    bench.night(NEXT)
    assert bench.quarantine() == [("2", "title", None)]
    assert bench.admitted() == {"1", "3"}


def test_restated_rules_judge_everything_anew(bench: Bench, tmp_path: Path) -> None:
    bench.deliver(lead("1", lead_source="Web"), lead("2", lead_source="Unknown"))
    bench.night()
    assert bench.admitted() == {"1"}
    bench.definitions = edited(tmp_path / "definitions", fillers=("unknown", "web"))
    assert bench.night(NEXT).judged == 2
    assert bench.admitted() == {"2"}


def test_the_clock_releases_a_record_created_in_the_future(bench: Bench) -> None:
    bench.deliver(lead(created_at=NOON + timedelta(hours=30)))
    bench.night(NOON)
    assert bench.admitted() == set()
    assert bench.night(NOON + timedelta(hours=29)).judged == 0
    assert bench.night(NOON + timedelta(hours=30)).judged == 1
    assert bench.quarantine() == [("1", "created_at", NOON + timedelta(hours=30))]
    assert bench.admitted() == {"1"}


def test_a_record_dated_ahead_is_judged_by_the_rules_that_come_until_then(bench: Bench, tmp_path: Path) -> None:
    bench.definitions = edited(
        tmp_path / "definitions",
        versions=TWO_VERSIONS,
        completeness=("native_id,identity", "phone,who,phone,present,2026-03-03,\nnative_id,identity"),
    )
    bench.deliver(lead(version_at=NEXT))
    bench.night(NOON)
    assert bench.admitted() == {"1"}
    bench.night(NEXT)
    assert bench.admitted() == set()


def test_a_night_without_news_judges_nothing(bench: Bench) -> None:
    bench.deliver(lead("1"), lead("2", status=None))
    assert bench.night().judged == 2
    report = bench.night(NEXT)
    assert (report.judged, report.held, report.still_held, report.released) == (0, 0, 1, 0)


def test_a_merge_cycle_holds_its_records_and_no_others(bench: Bench) -> None:
    """1 → 2 → 3 → 1 is a cycle; 4 → 1 only leads into it; 5 → 6 ends well."""
    bench.deliver(
        lead("1", merged_into_id="2"),
        lead("2", merged_into_id="3"),
        lead("3", merged_into_id="1"),
        lead("4", merged_into_id="1"),
        lead("5", merged_into_id="6"),
        lead("6"),
        lead("7", merged_into_id="7"),
    )
    report = bench.night()
    assert bench.quarantine() == [(key, "merge_cycle", None) for key in ("1", "2", "3", "7")]
    assert bench.rows("select detail from quality.quarantine where native_id = '2'") == [
        ("its merges come back to it: 2 → 3 → 1 → 2",)
    ]
    assert bench.admitted() == {"6"}
    assert counts(bench) == [("a.csv", 7, 3, 4, 0)]
    assert report.held_by_rule == {"merge_cycle": 4}


def test_a_merge_cycle_was_first_seen_when_it_was(bench: Bench) -> None:
    for at, file in ((NOON, "a.csv"), (NEXT, "b.csv")):
        bench.deliver(lead("1", merged_into_id="1"), file=file, at=at)
        bench.night(at)
    assert bench.rows("select first_seen_at from quality.quarantine") == [(NOON,)]


def test_hubspot_lists_of_merged_ids_can_be_cycles_too(bench: Bench) -> None:
    bench.deliver(lead("1", merged_ids="2;3"), lead("2", merged_ids="1;2"), source="hubspot", name="contact")
    bench.night()
    assert bench.quarantine() == [("1", "merge_cycle", None), ("2", "merge_cycle", None)]


def test_a_long_chain_is_no_cycle() -> None:
    chain = {("s", "lead", str(n)): {("s", "lead", str(n + 1))} for n in range(50_000)}
    assert list(cycle_members(chain)) == []


def test_a_bad_batch_is_stopped_but_never_the_first(bench: Bench) -> None:
    """Limit 20 %: one of five is 20 % and passes, two of five do not."""
    bench.definitions = definitions.load(SHIPPED)
    bench.deliver(lead("1", status=None))
    first = bench.night()
    assert (first.stopped, first.incomplete_shares) == ([], {"salesforce": 1.0})
    bench.deliver(*[lead(str(n), status=None if n == 2 else "Open") for n in range(2, 7)], file="b.csv", at=NEXT)
    assert bench.night(NEXT).stopped == []
    third = NEXT + timedelta(days=1)
    bad = bench.deliver(
        *[lead(str(n), status=None if n < 13 else "Open") for n in range(11, 16)], file="c.csv", at=third
    )
    other = bench.deliver(lead("1"), source="marketo", at=third)
    # a night that was killed before it could say so leaves that to the next
    for is_killed in (True, False):
        report = bench.night(third, is_killed=is_killed)
        assert [(stopped.delivery_id, stopped.share, stopped.limit) for stopped in report.stopped] == [(bad, 0.4, 0.2)]
        assert report.carried == []
    assert bench.rows("select delivery_id, status from quality.load_log where status <> 'loaded'") == [(bad, "stopped")]
    assert "11" not in {row[0] for row in bench.quarantine()}
    assert bench.rows("select is_admitted from quality.lead_admission where source_system = 'marketo'") == [(True,)]
    assert counts(bench)[-1] == ("c.csv", 5, 3, 2, 0)
    # later nights go on without it, until it is accepted
    later = bench.night(third + timedelta(days=1))
    assert later.stopped == []
    assert [carried.delivery_id for carried in later.carried] == [bad]
    with pytest.raises(HandoffError, match="is not stopped"):
        accept(bench.con, [bad, other])
    assert accept(bench.con, ["c.csv"]) == ["salesforce/lead/c.csv"]
    taken = bench.night(third + timedelta(days=2))
    assert (taken.carried, taken.held, taken.held_by_rule) == ([], 2, {"status": 2})
    assert bench.night(third + timedelta(days=3)).held == 0
    assert {"13", "14", "15"} <= bench.admitted()
    assert ("11", "status", None) in bench.quarantine()


def test_what_is_delivered_again_as_it_was_is_not_new(bench: Bench) -> None:
    """Half of the first load waits; a source that hands over everything each night is not stopped by it each night."""
    bench.definitions = definitions.load(SHIPPED)
    everything = [lead(str(n), status=None if n < 5 else "Open") for n in range(1, 9)]
    bench.deliver(*everything)
    bench.night()
    bench.deliver(*everything, lead("9"), file="b.csv", at=NEXT)
    report = bench.night(NEXT)
    assert (report.stopped, report.incomplete_shares) == ([], {"salesforce": 0.0})
    # what was stopped is new when it comes again; so is a row that changed
    third = NEXT + timedelta(days=1)
    bench.deliver(*everything, lead("10", status=None), file="c.csv", at=third)
    assert bench.night(third).incomplete_shares == {"salesforce": 1.0}
    fourth = third + timedelta(days=1)
    changed = [
        lead("1", status=None, company="Other"),
        lead("2", status="Open"),
        lead("3", company="Other"),
        lead("11"),
    ]
    bench.deliver(*changed, lead("10", status=None), file="d.csv", at=fourth)
    assert bench.night(fourth).incomplete_shares == {"salesforce": 0.4}


def test_a_name_of_several_stopped_deliveries_accepts_none(bench: Bench) -> None:
    own, others = bench.deliver(lead("1")), bench.deliver(lead("1"), source="marketo")
    bench.con.execute("update quality.load_log set status = 'stopped'")
    with pytest.raises(HandoffError, match=rf"marketo/lead/a.csv \({others}\), salesforce/lead/a.csv \({own}\)"):
        accept(bench.con, ["a.csv"])
    assert bench.rows("select distinct status from quality.load_log") == [("stopped",)]
    assert accept(bench.con, [own]) == ["salesforce/lead/a.csv"]


def test_nothing_is_stopped_where_no_night_has_run() -> None:
    with duckdb.connect() as con, pytest.raises(HandoffError, match="stopped are none"):
        accept(con, ["c.csv"])


def test_the_share_is_that_of_all_new_rows_of_a_source(bench: Bench) -> None:
    """One of five rows in two files is 20 %, though all of the one file; a source is not judged by another's rows."""
    bench.definitions = definitions.load(SHIPPED)
    bench.deliver(lead("1"))
    bench.deliver(lead("1"), source="marketo")
    bench.night()
    bench.deliver(lead("2", status=None), file="b.csv", at=NEXT)
    bench.deliver(*[lead(str(n)) for n in range(3, 7)], file="c.csv", at=NEXT)
    bad = bench.deliver(lead("2", status=None), source="marketo", file="d.csv", at=NEXT)
    assert [stopped.delivery_id for stopped in bench.night(NEXT).stopped] == [bad]


def test_the_limit_is_that_of_the_night(bench: Bench, tmp_path: Path) -> None:
    """40 % until 3 March, then 20 %: a third of the rows passes on the 2nd and not on the 3rd."""
    bench.definitions = edited(
        tmp_path / "definitions",
        versions=TWO_VERSIONS,
        settings=(
            "incomplete_batch_limit,0.20,2024-01-01,",
            "incomplete_batch_limit,0.40,2024-01-01,2026-03-03\nincomplete_batch_limit,0.20,2026-03-03,",
        ),
    )
    bench.deliver(lead("1"))
    bench.night(NOON - timedelta(days=1))
    shares = []
    for file, at in (("b", NOON), ("c", NEXT)):
        bench.deliver(lead(f"{file}1", status=None), lead(f"{file}2"), lead(f"{file}3"), file=f"{file}.csv", at=at)
        shares.append([(stopped.share, stopped.limit) for stopped in bench.night(at).stopped])
    assert shares == [[], [(pytest.approx(1 / 3), 0.2)]]


def test_a_delivery_read_again_by_another_mapping_is_judged_again(bench: Bench) -> None:
    delivery = bench.deliver(lead(status=None))
    bench.con.execute("insert into control.delivery_reading values (?, 'first', 'csv')", [delivery])
    bench.night()
    assert bench.admitted() == set()
    bench.con.execute("update control.delivery_reading set mapping_sha256 = 'second'")
    bench.con.execute("update raw.salesforce__lead set status = 'Open'")
    assert bench.night(NEXT).judged == 1
    assert bench.admitted() == {"1"}
    assert bench.quarantine() == []


def test_a_home_of_an_earlier_release_is_judged_anew(bench: Bench) -> None:
    bench.deliver(lead(status=None))
    bench.night()
    bench.con.execute("alter table quality.lead_verdict drop column record_key")
    bench.con.execute("alter table quality.gate_delivery drop column taken_in_at")
    bench.con.execute("alter table quality.quarantine drop column record_key")
    bench.con.execute("drop table quality.gate_raised")
    assert (bench.night(NEXT).judged, bench.admitted()) == (1, set())
    assert bench.rows("select native_id, rule from quality.quarantine") == [("1", "status")]


def test_a_crash_leaves_the_gate_as_it_was(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.deliver(lead(status=None))
    with monkeypatch.context() as patch:
        patch.setattr("expectations.records.update_load_log", lambda con: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            bench.night()
    assert bench.rows("select count(*) from information_schema.tables where table_name = 'lead_verdict'") == [(0,)]
    assert bench.night().held == 1


@pytest.mark.parametrize("sign", [*"=+-@", *"\uff1d\uff0b\uff0d\uff20"])
def test_no_cell_of_the_feedback_begins_a_formula(sign: str) -> None:
    assert harmless(f" {sign}1") == f"' {sign}1"
    assert harmless(f"1{sign}1") == f"1{sign}1"


def test_feedback_tells_each_source_what_waits_and_how_to_repair_it(bench: Bench, tmp_path: Path) -> None:
    bench.deliver(
        lead("=1+1", status="-Imported\r=cmd"),
        lead("2"),
        lead("3", status=None),
        lead("3", version_at=V2, lead_source="other"),
        lead("4", status=None),
        lead("4", status=None, version_at=V2, is_deleted=True),
        lead("5", status=None),
        malformed=1,
    )
    # of one version the newer file says what is still missing
    bench.deliver(lead("5", lead_source=None), file="b.csv")
    bench.deliver(lead("9"), source="marketo")
    bench.night()
    bench.con.execute(
        "create schema definitions; create table control.run as select timestamp '2026-03-02 12:00:00' as as_of"
    )
    bench.con.execute(
        f"create table definitions.completeness as from read_csv('{SHIPPED}/completeness.csv', all_varchar = true)"
    )
    bench.con.execute(
        "update definitions.completeness set rule = upper(rule) || ' ', test = test || ' ', valid_to = ' '"
    )
    (tmp_path / "gone.csv").write_text("native_id\n")
    written = feedback.write(bench.con, tmp_path)
    assert [path.name for path in written] == ["marketo.csv", "salesforce.csv"]
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == ["marketo.csv", "salesforce.csv"]
    assert b"\r" not in written[1].read_bytes()
    with written[1].open(newline="") as handle:
        rows = [list(row.values()) for row in csv.DictReader(handle)]
    assert rows == [
        [
            *("3", "lead", "lead_source", "lead_source 'other' holds a filler", "choose a real value for lead_source"),
            *("a.csv", "5", "2026-03-02 12:00:00"),
        ],
        [
            *("5", "lead", "lead_source", "lead_source is empty", "choose a real value for lead_source"),
            *("b.csv", "2", "2026-03-02 12:00:00"),
        ],
        [
            *("'=1+1", "lead", "status", "status '-Imported =cmd' is not in the stage map"),
            "set status to a value of the stage map, or have the value added to it",
            *("a.csv", "2", "2026-03-02 12:00:00"),
        ],
    ]
    assert written[0].read_text() == ",".join(feedback.COLUMNS) + "\n"

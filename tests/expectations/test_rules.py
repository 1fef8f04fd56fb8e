"""Each completeness rule, as shipped: which values pass, which fail. Figures worked by hand."""

import subprocess
import sys
from datetime import datetime
from typing import Any

import pytest

from handoff.settings import CHECKOUT
from tests.expectations.bench import NOON, Bench, lead

PASSING: dict[str, dict[str, Any]] = {
    "complete": {},
    "last name alone": {"first_name": None},
    "phone in place of e-mail": {"email": None, "phone": "+1 555 0100"},
    "mobile in place of e-mail": {"email": "", "mobile_phone": "0170 1"},
    "phone beside a malformed e-mail": {"email": "nobody", "phone": "1"},
    "website in place of company": {"company": None, "website": "analytical.example"},
    "business e-mail names the company": {"company": None},
    "sub-domains and plus signs": {"email": "a.b+c@mail.analytical.co.uk"},
    "upper-case e-mail": {"email": " ADA@Analytical.Example "},
    "status in other letters": {"status": "oPEN"},
    "status with blanks": {"status": " Working "},
    "created now": {"created_at": NOON, "version_at": NOON},
    "created a moment after its version": {"created_at": datetime(2026, 1, 5, 9, 0, 1)},
}

FAILING: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no name": ({"first_name": None, "last_name": " "}, ["name"]),
    "no way to reach": ({"email": None}, ["reachable"]),
    "e-mail without an at sign": ({"email": "ada.analytical.example"}, ["reachable"]),
    "e-mail without a dot": ({"email": "ada@analytical"}, ["reachable"]),
    "e-mail with two at signs": ({"email": "a@b@c.com"}, ["reachable"]),
    "e-mail with a blank": ({"email": "ada byron@analytical.example"}, ["reachable"]),
    "e-mail with two dots": ({"email": "ada@analytical..example"}, ["reachable"]),
    "private e-mail and no company": ({"company": "", "email": "ada@GMail.com"}, ["company"]),
    "no company at all": ({"company": None, "email": None, "phone": "1"}, ["company"]),
    "no lead source": ({"lead_source": None}, ["lead_source"]),
    "filler": ({"lead_source": "unknown"}, ["lead_source"]),
    "filler in other letters": ({"lead_source": " SELECT "}, ["lead_source"]),
    "filler n/a": ({"lead_source": "N/A"}, ["lead_source"]),
    "no status": ({"status": None}, ["status"]),
    "unknown status": ({"status": "Imported"}, ["status"]),
    "a stage's name, where the source has statuses of its own": ({"status": "handed_off"}, ["status"]),
    "no creation": ({"created_at": None}, ["created_at"]),
    "created tomorrow": ({"created_at": datetime(2026, 3, 3, 12)}, ["created_at"]),
    "no id": ({"native_id": None}, ["native_id"]),
    "nothing but an id": (
        dict.fromkeys(("first_name", "last_name", "email", "company", "lead_source", "status", "created_at")),
        ["company", "created_at", "lead_source", "name", "reachable", "status"],
    ),
}


@pytest.mark.parametrize("changes", PASSING.values(), ids=PASSING.keys())
def test_complete_records_pass(bench: Bench, changes: dict[str, Any]) -> None:
    bench.deliver(lead(**changes))
    bench.night()
    assert bench.quarantine() == []
    assert bench.admitted() == {"1"}


@pytest.mark.parametrize(("changes", "rules"), FAILING.values(), ids=FAILING.keys())
def test_incomplete_records_name_every_failed_rule(bench: Bench, changes: dict[str, Any], rules: list[str]) -> None:
    bench.deliver(lead(**changes))
    report = bench.night()
    assert [rule for _, rule, _ in bench.quarantine()] == rules
    assert bench.admitted() == set()
    assert (report.held, report.held_by_rule) == (1, dict.fromkeys(rules, 1))


def test_the_detail_names_fields_and_keeps_personal_data_back(bench: Bench) -> None:
    bench.deliver(lead(email="ada byron@nowhere", status="Imported", lead_source="Other"))
    bench.night()
    assert bench.rows("select source_file, line, rule, detail from quality.quarantine order by rule") == [
        ("a.csv", 2, "lead_source", "lead_source 'Other' holds a filler"),
        ("a.csv", 2, "reachable", "email is not a well-formed e-mail address; phone is empty; mobile_phone is empty"),
        ("a.csv", 2, "status", "status 'Imported' is not in the stage map"),
    ]


def test_each_source_has_its_own_statuses(bench: Bench) -> None:
    """`salesqualifiedlead` is a stage of HubSpot, not of Salesforce."""
    bench.deliver(lead(status="salesqualifiedlead"))
    bench.deliver(lead(status="salesqualifiedlead"), source="hubspot", name="contact")
    bench.night()
    assert bench.rows("select source_system, is_admitted from quality.lead_admission order by all") == [
        ("hubspot", True),
        ("salesforce", False),
    ]


def test_data_docs_count_and_show_no_value(bench: Bench) -> None:
    bench.deliver(lead("1"), lead("2", email="secret@person"), lead("3", email=None))
    report = bench.night()
    page = (bench.home / "data_docs" / "salesforce__lead.html").read_text()
    assert report.data_docs == str(bench.home / "data_docs")
    assert "secret@person" not in page
    assert "66.6" in page  # two of three e-mails are not well-formed


def test_what_only_other_expectations_need_is_not_loaded_until_it_is_asked() -> None:
    code = """
import sys, expectations.completeness
assert "scipy.stats._distn_infrastructure" not in sys.modules
from scipy import stats
assert stats.norm.cdf(0) == 0.5
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, timeout=120).returncode == 0

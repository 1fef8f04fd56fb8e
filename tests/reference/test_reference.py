"""Every lead, handoff, deal and credit of the sample company, as published, against the plain-Python computation."""

from pathlib import Path

import pytest

from handoff.settings import Settings
from tests.reference.company import Company
from tests.reference.compare import DEFINITIONS, compare


@pytest.fixture(scope="module")
def company(built_settings: Settings) -> Company:
    return Company(Path(built_settings.landing_zone), DEFINITIONS, built_settings.now)


def test_the_publish_is_what_the_definitions_say(built_home: Path, company: Company) -> None:
    assert [sentence for _, sentence in compare(built_home, company)][:20] == []


def test_the_comparison_notices_a_changed_lead(built_home: Path, company: Company) -> None:
    lead = next(lead for lead in company.leads.values() if lead.handoffs and lead.handoffs[0].response_hours)
    kept, lead.handoffs[0].response_hours = lead.handoffs[0].response_hours, 1e9
    try:
        assert {kind for kind, _ in compare(built_home, company)} == {
            "fct_lead.response_hours",
            "fct_handoff.response_hours",
        }
    finally:
        lead.handoffs[0].response_hours = kept


def test_the_sample_has_something_of_everything(company: Company) -> None:
    handoffs = [handoff for lead in company.leads.values() for handoff in lead.handoffs]
    assert {handoff.decision for handoff in handoffs} == {"accepted", "rejected", None}
    assert {handoff.number for handoff in handoffs} >= {1, 2}
    assert {True, False} <= {handoff.is_within_sla for handoff in handoffs}
    assert {"unmapped", "missing"} <= {handoff.reason for handoff in handoffs}
    assert any(len(lead.aliases) > 1 for lead in company.leads.values())
    assert any(deal.lead is None for deal in company.opportunities.values())
    assert any(deal.is_won and not company.path(deal, "revenue") for deal in company.opportunities.values())

"""The shipped mappings and those of the docs are valid, and cover the objects that are promised."""

import re
from pathlib import Path

import pytest

from handoff.settings import CHECKOUT, DBT_PROJECT
from ingestion.mapping import SHIPPED, normalised, read_folder, read_mapping

PROMISED = {
    "salesforce": "lead lead_history contact account opportunity opportunity_history opportunity_contact_role campaign "
    "campaign_member task event user",
    "hubspot": "contact contact_property_history company deal deal_stage deal_contact deal_company pipeline_stage "
    "owner engagement form_submission email_event",
    "marketo": "lead activity program",
    "google_ads": "campaign campaign_daily",
    "linkedin_ads": "campaign campaign_daily",
    "meta_ads": "campaign campaign_daily",
    "microsoft_ads": "campaign campaign_daily",
    "ga4": "session event",
}


@pytest.mark.parametrize("source", PROMISED)
def test_every_promised_object_is_mapped(source: str) -> None:
    assert set(PROMISED[source].split()) <= set(read_folder(SHIPPED)[source].objects)


@pytest.mark.parametrize(
    ("source", "object_", "headers"),
    [
        ("salesforce", "lead", {"Rejection_Reason__c", "RejectionReason"}),
        ("hubspot", "contact", {"hs_lead_disqualification_reason", "rejection_reason"}),
    ],
)
def test_a_rejection_reason_is_read_from_the_agreed_columns(source: str, object_: str, headers: set[str]) -> None:
    assert headers <= set(read_folder(SHIPPED)[source].objects[object_].fields["rejection_reason"].headers)


@pytest.mark.parametrize(
    ("source", "record", "history"),
    [("salesforce", "lead", "lead_history"), ("hubspot", "contact", "contact_property_history")],
)
def test_a_history_knows_a_field_under_each_of_its_names(source: str, record: str, history: str) -> None:
    objects = read_folder(SHIPPED)[source].objects
    known = {normalised(name): field for name, field in objects[history].values["field"].items()}
    judged = (
        "first_name last_name email phone mobile_phone job_title company website industry employee_count "
        "annual_revenue technology growth_stage trigger_event rejection_reason owner_id score has_need has_budget "
        "has_timeline has_authority budget_status next_step_at"
    )
    for field in judged.split():
        for header in objects[record].fields[field].headers:
            assert known.get(normalised(header), header.lower()) == field, header


@pytest.mark.parametrize("source", PROMISED)
def test_staging_reads_exactly_the_mapped_objects(source: str) -> None:
    """A table nobody declares would be missing at night; an object nobody reads would be lost without a word."""
    folder = DBT_PROJECT / "models" / "staging" / source
    declared = re.findall(rf"identifier: {source}__(\w+)", (folder / f"_{source}__sources.yml").read_text("utf-8"))
    assert sorted(declared) == sorted(read_folder(SHIPPED)[source].objects)


@pytest.mark.parametrize(
    ("source", "folder", "object_"),
    [
        ("salesforce", "OpportunityContactRole", "opportunity_contact_role"),
        ("salesforce", "Campaign-Member", "campaign_member"),
        ("hubspot", "contact_form_submission", "form_submission"),
        ("hubspot", "deal_pipeline_stage", "pipeline_stage"),
        ("hubspot", "Contacts", "contact"),
        ("hubspot", "engagement_calls", "engagement_call"),
        ("salesforce", "lead_histories", "lead_history"),
        ("google_ads", "campaign_stats", "campaign_daily"),
        ("linkedin_ads", "ad_analytics_by_campaign", "campaign_daily"),
        ("meta_ads", "basic_ad", "campaign_daily"),
        ("microsoft_ads", "campaign_performance_daily_report", "campaign_daily"),
    ],
)
def test_a_loaders_table_name_is_a_known_folder(source: str, folder: str, object_: str) -> None:
    found = read_folder(SHIPPED)[source].object_of(folder)
    assert found is not None
    assert found[0] == object_


@pytest.mark.parametrize(
    ("source", "folder", "name"),
    [
        ("hubspot", "ticket_deal", "ticket_deal"),
        ("salesforce", "Product2", "product2"),
        ("meta_ads", "campaign_labels", "campaign_labels"),
        ("hubspot", "contcat", None),
        # a pattern of raw_only has it, and its cost would count nowhere
        ("meta_ads", "campaigns_daily", None),
    ],
)
def test_what_no_mart_asks_for_is_kept_in_raw_and_a_typing_error_is_not(
    source: str, folder: str, name: str | None
) -> None:
    found = read_folder(SHIPPED)[source].object_of(folder)
    assert (found and (found[0], found[1].all_fields)) == (name and (name, {}))


DOCUMENTED = [
    block
    for page in ("add-a-source.md", "mapping.md")
    for block in re.findall(r"```yaml\n(source: .*?)```", (CHECKOUT / "docs" / page).read_text("utf-8"), re.DOTALL)
]


@pytest.mark.parametrize("text", DOCUMENTED, ids=range(len(DOCUMENTED)))
def test_a_mapping_in_the_docs_is_accepted(text: str, tmp_path: Path) -> None:
    path = tmp_path / "documented.yml"
    path.write_text(text, encoding="utf-8")
    assert read_mapping(path).objects

"""The shipped mappings and those of the docs are valid, and cover the objects that are promised."""

import re
from pathlib import Path

import pytest

from handoff.settings import CHECKOUT, DBT_PROJECT
from ingestion.mapping import SHIPPED, read_folder, read_mapping

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


@pytest.mark.parametrize("source", PROMISED)
def test_staging_reads_exactly_the_mapped_objects(source: str) -> None:
    """A table nobody declares would be missing at night; an object nobody reads would be lost without a word."""
    folder = DBT_PROJECT / "models" / "staging" / source
    declared = re.findall(rf"identifier: {source}__(\w+)", (folder / f"_{source}__sources.yml").read_text("utf-8"))
    assert sorted(declared) == sorted(read_folder(SHIPPED)[source].objects)


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

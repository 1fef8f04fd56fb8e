"""Which file of the example extracts is which object of which source, and how a landing zone is laid out from them."""

import re
import shutil
from pathlib import Path

from handoff.settings import CHECKOUT

FILES: dict[tuple[str, str], str] = {
    ("salesforce", "lead"): "salesforce_fivetran/seeds/sf_lead_data.csv",
    ("salesforce", "contact"): "salesforce_fivetran/seeds/sf_contact_data.csv",
    ("salesforce", "account"): "salesforce_fivetran/seeds/sf_account_data.csv",
    ("salesforce", "opportunity"): "salesforce_fivetran/seeds/sf_opportunity_data.csv",
    ("salesforce", "opportunity_history"): "salesforce_fivetran/seeds/sf_opportunity_history_data.csv",
    ("salesforce", "campaign"): "salesforce_fivetran/seeds/sf_campaign_data.csv",
    ("salesforce", "campaign_member"): "salesforce_fivetran/seeds/sf_campaign_member_data.csv",
    ("salesforce", "task"): "salesforce_fivetran/seeds/sf_task_data.csv",
    ("salesforce", "event"): "salesforce_fivetran/seeds/sf_event_data.csv",
    ("salesforce", "user"): "salesforce_fivetran/seeds/sf_user_data.csv",
    ("hubspot", "contact"): "hubspot_fivetran/seeds/contact_data.csv",
    ("hubspot", "contact_property_history"): "hubspot_fivetran/seeds/contact_property_history_data.csv",
    ("hubspot", "contact_merge_audit"): "hubspot_fivetran/seeds/contact_merge_audit_data.csv",
    ("hubspot", "company"): "hubspot_fivetran/seeds/company_data.csv",
    ("hubspot", "deal"): "hubspot_fivetran/seeds/deal_data.csv",
    ("hubspot", "deal_stage"): "hubspot_fivetran/seeds/deal_stage_data.csv",
    ("hubspot", "deal_contact"): "hubspot_fivetran/seeds/deal_contact_data.csv",
    ("hubspot", "deal_company"): "hubspot_fivetran/seeds/deal_company_data.csv",
    ("hubspot", "merged_deal"): "hubspot_fivetran/seeds/merged_deal_data.csv",
    ("hubspot", "pipeline_stage"): "hubspot_fivetran/seeds/deal_pipeline_stage_data.csv",
    ("hubspot", "owner"): "hubspot_fivetran/seeds/owner_data.csv",
    ("hubspot", "engagement"): "hubspot_fivetran/seeds/engagement_data.csv",
    ("hubspot", "engagement_call"): "hubspot_fivetran/seeds/engagement_call_data.csv",
    ("hubspot", "engagement_email"): "hubspot_fivetran/seeds/engagement_email_data.csv",
    ("hubspot", "engagement_meeting"): "hubspot_fivetran/seeds/engagement_meeting_data.csv",
    ("hubspot", "engagement_task"): "hubspot_fivetran/seeds/engagement_task_data.csv",
    ("hubspot", "engagement_contact"): "hubspot_fivetran/seeds/engagement_contact_data.csv",
    ("hubspot", "engagement_deal"): "hubspot_fivetran/seeds/engagement_deal_data.csv",
    ("hubspot", "form_submission"): "hubspot_fivetran/seeds/contact_form_submission_data.csv",
    ("hubspot", "email_event"): "hubspot_fivetran/seeds/email_event_data.csv",
    ("marketo", "lead"): "marketo_fivetran/seeds/marketo_lead_data.csv",
    ("marketo", "program"): "marketo_fivetran/seeds/marketo_program_data.csv",
    ("marketo", "activity_click_email"): "marketo_fivetran/seeds/marketo_activity_click_email_data.csv",
    ("marketo", "activity_change_data_value"): "marketo_fivetran/seeds/marketo_activity_change_data_value_data.csv",
    ("marketo", "activity_merge_leads"): "marketo_fivetran/seeds/marketo_activity_merge_leads_data.csv",
    ("marketo", "activity_delete_lead"): "marketo_fivetran/seeds/marketo_activity_delete_lead_data.csv",
    ("google_ads", "campaign"): "ads_fivetran/seeds/google_ads_campaign_history_data.csv",
    ("google_ads", "campaign_daily"): "ads_fivetran/seeds/google_ads_campaign_stats_data.csv",
    ("linkedin_ads", "campaign"): "ads_fivetran/seeds/linkedin_ad_campaign_history_data.csv",
    ("linkedin_ads", "campaign_daily"): "ads_fivetran/seeds/linkedin_ad_analytics_by_campaign_data.csv",
    ("meta_ads", "campaign"): "ads_fivetran/seeds/facebook_ads_campaign_history_data.csv",
    ("meta_ads", "ad"): "ads_fivetran/seeds/facebook_ads_ad_history_data.csv",
    ("meta_ads", "campaign_daily"): "ads_fivetran/seeds/facebook_ads_basic_ad_data.csv",
    ("microsoft_ads", "campaign"): "ads_fivetran/seeds/microsoft_ads_campaign_history_data.csv",
    ("microsoft_ads", "campaign_daily"): "ads_fivetran/seeds/microsoft_ads_campaign_performance_daily_report_data.csv",
    ("ga4", "event"): "ga4/fivetran_ga4_event_data.csv",
    ("maven", "sales_pipeline"): "maven_crm/sales_pipeline.csv",
    ("maven", "accounts"): "maven_crm/accounts.csv",
    ("maven", "sales_teams"): "maven_crm/sales_teams.csv",
    ("maven", "products"): "maven_crm/products.csv",
}


def lay_out(shared_data: Path, landing_zone: Path) -> None:
    """Copies the example files to where a loader would land them."""
    for (source, object_), name in FILES.items():
        folder = landing_zone / source / object_
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(shared_data / name, folder / Path(name).name)


def documented_mapping(source: str) -> str:
    """The mapping of a source as docs/add-a-source.md writes it."""
    text = (CHECKOUT / "docs" / "add-a-source.md").read_text(encoding="utf-8")
    for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL):
        if block.startswith(f"source: {source}\n"):
            return str(block)
    raise AssertionError(f"docs/add-a-source.md has no mapping of {source}")

-- Grain: one row per delivered version of a contact, which is HubSpot's lead. Its status is the lifecycle stage, else
-- the lead status. It links to deals by their contacts, not by a conversion.
select
    'hubspot:' || raw.native_id as record_id,
    'hubspot' as source_system,
    raw.native_id,
    raw.first_name,
    raw.last_name,
    {{ normalised_email("raw.email") }} as email,
    raw.phone,
    raw.mobile_phone,
    raw.job_title,
    raw.company,
    raw.website,
    raw.industry,
    raw.employee_count,
    raw.annual_revenue,
    raw.country,
    raw.technology,
    raw.growth_stage,
    raw.trigger_event,
    raw.lead_source,
    'hubspot:' || raw.campaign_id as campaign_id,
    raw.status,
    raw.rejection_reason,
    'hubspot:' || raw.owner_id as owner_id,
    raw.created_at,
    raw.updated_at,
    raw.mql_at,
    raw.converted_at,
    'hubspot:' || raw.converted_contact_id as converted_contact_id,
    'hubspot:' || raw.converted_account_id as converted_account_id,
    'hubspot:' || raw.converted_opportunity_id as converted_opportunity_id,
    coalesce(raw.is_deleted, false)
    or coalesce(raw.fivetran_deleted, false)
    or {{ is_gone_from_snapshot() }} as is_deleted,
    'hubspot:' || raw.merged_into_id as merged_into_id,
    raw.score,
    raw.has_budget,
    raw.has_need,
    raw.has_timeline,
    raw.has_authority,
    raw.budget_status,
    raw.next_step_at,
    raw.cookie_id,
    'salesforce:' || {{ salesforce_id("raw.synced_lead_id") }} as synced_lead_id,
    'salesforce:' || {{ salesforce_id("raw.synced_contact_id") }} as synced_contact_id,
    'salesforce:' || {{ salesforce_id("raw.synced_account_id") }} as synced_account_id,
    raw.merged_ids,
    raw.entered_lead_at,
    raw.entered_marketingqualifiedlead_at,
    raw.entered_salesqualifiedlead_at,
    raw.entered_opportunity_at,
    raw.entered_customer_at,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("hubspot", "contact") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("hubspot", "contact"), is_mapped=false) }}
-- the gate holds a row without an id
where raw.native_id is not null

-- Grain: one row per delivered version of a person in Marketo. A person with a deletion activity is deleted.
with deleted as (select distinct lead_id from {{ ref("stg_marketo__activity") }} where activity_type_id = 37)

select
    'marketo:' || raw.native_id as record_id,
    'marketo' as source_system,
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
    'marketo:' || raw.campaign_id as campaign_id,
    raw.status,
    raw.rejection_reason,
    'marketo:' || raw.owner_id as owner_id,
    raw.created_at,
    raw.updated_at,
    raw.mql_at,
    raw.converted_at,
    'marketo:' || raw.converted_contact_id as converted_contact_id,
    'marketo:' || raw.converted_account_id as converted_account_id,
    'marketo:' || raw.converted_opportunity_id as converted_opportunity_id,
    coalesce(raw.is_deleted, false)
    or coalesce(raw.fivetran_deleted, false)
    or deleted.lead_id is not null
    or {{ is_gone_from_snapshot() }} as is_deleted,
    'marketo:' || raw.merged_into_id as merged_into_id,
    raw.score,
    raw.has_budget,
    raw.has_need,
    raw.has_timeline,
    raw.has_authority,
    raw.budget_status,
    raw.next_step_at,
    raw.cookie_id,
    'salesforce:'
    || {{ salesforce_id("coalesce(raw.synced_lead_id, case when raw.sfdc_id like '00Q%' then raw.sfdc_id end)") }}
    as synced_lead_id,
    'salesforce:'
    || {{ salesforce_id("coalesce(raw.synced_contact_id, case when raw.sfdc_id like '003%' then raw.sfdc_id end)") }}
    as synced_contact_id,
    'salesforce:' || {{ salesforce_id("raw.synced_account_id") }} as synced_account_id,
    raw.merged_ids,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("marketo", "lead") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("marketo", "lead"), is_mapped=false) }}
left join deleted on 'marketo:' || raw.native_id = deleted.lead_id
-- the gate holds a row without an id
where raw.native_id is not null

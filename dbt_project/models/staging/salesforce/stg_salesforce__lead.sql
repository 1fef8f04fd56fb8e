-- Grain: one row per delivered version of a lead: read int_lead_record for the newest.
select
    'salesforce:' || raw.native_id as record_id,
    'salesforce' as source_system,
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
    'salesforce:' || raw.campaign_id as campaign_id,
    raw.status,
    raw.rejection_reason,
    'salesforce:' || raw.owner_id as owner_id,
    raw.created_at,
    raw.updated_at,
    case
        when {{ regex_full_match("raw.mql_text", "'[0-9]{4}-[0-9]{2}-[0-9]{2}'") }}
        then {{ from_reporting_day_start("raw.mql_text") }}
        else raw.mql_at
    end as mql_at,
    raw.converted_at,
    'salesforce:' || raw.converted_contact_id as converted_contact_id,
    'salesforce:' || raw.converted_account_id as converted_account_id,
    'salesforce:' || raw.converted_opportunity_id as converted_opportunity_id,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    'salesforce:' || raw.merged_into_id as merged_into_id,
    raw.score,
    raw.has_budget,
    raw.has_need,
    raw.has_timeline,
    raw.has_authority,
    raw.budget_status,
    raw.next_step_at,
    raw.cookie_id,
    cast(null as {{ dbt.type_string() }}) as synced_lead_id,
    cast(null as {{ dbt.type_string() }}) as synced_contact_id,
    cast(null as {{ dbt.type_string() }}) as synced_account_id,
    raw.merged_ids,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("salesforce", "lead") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "lead"), is_mapped=false) }}
-- the gate holds a row without an id
where raw.native_id is not null

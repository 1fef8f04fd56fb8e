-- Grain: one row per delivered version of an opportunity: read int_opportunity_record for the newest.
select
    'salesforce:' || raw.native_id as record_id,
    'salesforce' as source_system,
    raw.native_id,
    raw.name,
    'salesforce:' || raw.account_id as account_id,
    -- not ContactId: Salesforce writes the primary role's contact there, and it stays when the role is gone
    cast(null as {{ dbt.type_string() }}) as contact_id,
    'salesforce:' || raw.lead_id as lead_id,
    'salesforce:' || raw.owner_id as owner_id,
    'salesforce:' || raw.campaign_id as campaign_id,
    raw.lead_source,
    raw.stage,
    raw.opportunity_type,
    raw.amount,
    raw.currency,
    raw.close_date,
    raw.loss_reason,
    raw.competitor,
    raw.created_at,
    raw.updated_at,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    raw.pipeline,
    cast(null as {{ dbt.type_string() }}) as synced_opportunity_id,
    raw.merged_ids,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("salesforce", "opportunity") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "opportunity"), is_mapped=false) }}

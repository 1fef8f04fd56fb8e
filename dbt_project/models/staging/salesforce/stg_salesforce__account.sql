-- Grain: one row per delivered version of an account: read int_account_record for the newest.
select
    'salesforce:' || raw.native_id as record_id,
    'salesforce' as source_system,
    raw.native_id,
    raw.name,
    raw.website,
    raw.industry,
    raw.employee_count,
    raw.annual_revenue,
    raw.country,
    raw.technology,
    raw.growth_stage,
    'salesforce:' || raw.owner_id as owner_id,
    'salesforce:' || raw.parent_id as parent_id,
    raw.created_at,
    raw.updated_at,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    'salesforce:' || raw.merged_into_id as merged_into_id,
    cast(null as {{ dbt.type_string() }}) as synced_account_id,
    raw.merged_ids,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("salesforce", "account") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "account"), is_mapped=false) }}

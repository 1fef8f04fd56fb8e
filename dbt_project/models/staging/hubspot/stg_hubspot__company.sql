-- Grain: one row per delivered version of a company.
select
    'hubspot:' || raw.native_id as record_id,
    'hubspot' as source_system,
    raw.native_id,
    raw.name,
    raw.website,
    raw.industry,
    raw.employee_count,
    raw.annual_revenue,
    raw.country,
    raw.technology,
    raw.growth_stage,
    'hubspot:' || raw.owner_id as owner_id,
    'hubspot:' || raw.parent_id as parent_id,
    raw.created_at,
    raw.updated_at,
    {{ is_deleted() }} as is_deleted,
    'hubspot:' || raw.merged_into_id as merged_into_id,
    'salesforce:' || {{ salesforce_id("raw.synced_account_id") }} as synced_account_id,
    raw.merged_ids,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("hubspot", "company") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("hubspot", "company"), is_mapped=false) }}

-- Grain: one row per delivered version of a campaign: read int_campaign_record for the newest.
select
    'salesforce:' || raw.native_id as record_id,
    'salesforce' as source_system,
    raw.native_id,
    raw.name,
    raw.type,
    raw.starts_on,
    raw.ends_on,
    raw.budget,
    raw.actual_cost,
    'salesforce:' || raw.parent_id as parent_id,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    raw.currency,
    'salesforce' as platform,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("salesforce", "campaign") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "campaign"), is_mapped=false) }}

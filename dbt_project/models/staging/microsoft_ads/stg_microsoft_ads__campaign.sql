-- Grain: one row per delivered version of an ads campaign.
select
    'microsoft_ads:' || raw.native_id as record_id,
    'microsoft_ads' as source_system,
    raw.native_id,
    raw.name,
    raw.type,
    raw.starts_on,
    raw.ends_on,
    raw.budget,
    raw.actual_cost,
    'microsoft_ads:' || raw.parent_id as parent_id,
    coalesce(raw.is_deleted, false) as is_deleted,
    raw.currency,
    'microsoft_ads' as platform,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("microsoft_ads", "campaign") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

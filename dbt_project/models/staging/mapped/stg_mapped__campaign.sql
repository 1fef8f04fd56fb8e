-- Grain: one row per delivered version of a record of entity `campaign` of any source described by a user's mapping.
select
    raw.source_system || ':' || raw.native_id as record_id,
    raw.source_system,
    raw.native_id,
    raw.name,
    raw.type,
    raw.starts_on,
    raw.ends_on,
    raw.budget,
    raw.actual_cost,
    raw.source_system || ':' || raw.parent_id as parent_id,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.currency,
    raw.source_system as platform,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("mapped", "campaign") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "campaign")) }}

-- Grain: one row per delivered version of a record of entity `owner` of any source described by a user's mapping.
select
    raw.source_system || ':' || raw.native_id as record_id,
    raw.source_system,
    raw.native_id,
    raw.name,
    {{ normalised_email("raw.email") }} as email,
    raw.team,
    raw.type,
    case when raw.is_deleted then false else raw.is_active end as is_active,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("mapped", "owner") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "owner")) }}
where not {{ is_gone_from_snapshot() }}

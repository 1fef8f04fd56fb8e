-- Grain: one row per delivered version of an activity of a user-mapped source. Without a status it is completed once
-- its time has passed (int_activity_record); without a direction it is outbound.
select
    raw.source_system
    || ':'
    || coalesce(
        raw.native_id,
        concat_ws('|', raw.type, raw.person_id, raw.record_id, cast(raw.happened_at as {{ dbt.type_string() }}))
    ) as activity_id,
    raw.source_system,
    lower(raw.type) as type,
    coalesce(lower(raw.direction), 'outbound') as direction,
    raw.status,
    lower(raw.status) in ('completed', 'complete', 'done', 'closed', 'sent', 'held') as is_completed,
    coalesce(raw.completed_at, raw.happened_at, raw.created_at) as takes_place_at,
    raw.source_system || ':' || raw.owner_id as owner_id,
    raw.source_system || ':' || raw.person_id as person_record_id,
    raw.source_system || ':' || raw.record_id as related_record_id,
    raw.subject,
    coalesce(raw.completed_at, raw.happened_at, raw.created_at) as happened_at,
    raw.completed_at,
    raw.created_at,
    raw.outcome,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("mapped", "activity") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "activity")) }}
-- without a key a row is its file's: that of a replaced one does not vie with the newest one's
where not (delivery.is_past_snapshot and raw.native_id is null)

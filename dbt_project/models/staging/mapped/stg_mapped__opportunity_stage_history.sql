-- Grain: one row per delivered stage or amount change of an opportunity of a user-mapped source.
select
    raw.source_system
    || ':'
    || coalesce(
        raw.native_id, concat_ws('|', raw.record_id, cast(raw.changed_at as {{ dbt.type_string() }}), raw.stage)
    ) as change_id,
    raw.source_system || ':' || raw.record_id as record_id,
    raw.source_system,
    raw.stage,
    raw.amount,
    raw.changed_at,
    raw.native_id as sequence,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("mapped", "opportunity_stage_history") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "opportunity_stage_history")) }}
where not coalesce(raw.is_deleted, false) and not {{ is_gone_from_snapshot() }}

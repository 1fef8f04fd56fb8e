-- Grain: one row per delivered field change of a lead of a user-mapped source. Owners are prefixed like every id.
select
    raw.source_system
    || ':'
    || coalesce(
        raw.native_id,
        concat_ws(
            '|', raw.record_id, raw.field, cast(raw.changed_at as {{ dbt.type_string() }}), raw.old_value, raw.new_value
        )
    ) as change_id,
    raw.source_system || ':' || raw.record_id as record_id,
    raw.source_system,
    lower(raw.field) as field,
    case
        when lower(raw.field) = 'owner_id' then raw.source_system || ':' || raw.old_value else raw.old_value
    end as old_value,
    case
        when lower(raw.field) = 'owner_id' then raw.source_system || ':' || raw.new_value else raw.new_value
    end as new_value,
    raw.changed_at,
    raw.source_system || ':' || raw.changed_by as changed_by,
    {{ in_sequence("raw.native_id") }} as sequence,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("mapped", "lead_history") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "lead_history")) }}
-- without a key a row is its file's: that of a replaced one does not vie with the newest one's
where not (delivery.is_past_snapshot and raw.native_id is null)

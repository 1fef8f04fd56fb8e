-- Grain: one row per stage or amount change of an opportunity of a user-mapped source, newest version: what it says the
-- stage is, or, in a log of field changes, became. Before the first such change its old value held, from the
-- creation, or from the change itself where that is no later.
with
    delivered as (
        select
            raw.source_system
            || ':'
            || coalesce(
                raw.native_id,
                concat_ws(
                    '|',
                    raw.record_id,
                    cast(raw.changed_at as {{ dbt.type_string() }}),
                    coalesce(raw.stage, raw.new_value)
                )
            ) as change_id,
            raw.source_system || ':' || raw.record_id as record_id,
            raw.source_system,
            raw.native_id,
            coalesce(raw.stage, raw.new_value) as stage,
            case when raw.stage is null then raw.old_value end as old_stage,
            raw.amount,
            raw.changed_at,
            coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
            raw.version_at,
            delivery.delivery_rank,
            raw._line as record_line
        from {{ source("mapped", "opportunity_stage_history") }} as raw
        inner join
            {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
            {{ join_newest_snapshot(source("mapped", "opportunity_stage_history")) }}
        where
            (raw.field is null or lower(raw.field) in ('stage', 'stagename', 'stage_name'))
            -- without a key a row is its file's: that of a replaced one does not vie with the newest one's
            and not (delivery.is_past_snapshot and raw.native_id is null)
    ),

    ranked as (select delivered.*, {{ newest_version("change_id") }} as is_newest from delivered),

    living as (select * from ranked where is_newest and not is_deleted),

    created as (
        select record_id, created_at from {{ ref("stg_mapped__opportunity") }} qualify {{ newest_version("record_id") }}
    ),

    first_change as (
        select *
        from living
        where changed_at is not null
        qualify
            row_number() over (partition by record_id order by changed_at, {{ in_sequence("native_id") }}, record_line)
            = 1
    ),

    final as (
        select
            change_id,
            record_id,
            source_system,
            stage,
            amount,
            changed_at,
            {{ in_sequence("native_id") }} as sequence,
            version_at,
            delivery_rank,
            record_line
        from living
        union all
        select
            first_change.record_id || '|created' as change_id,
            first_change.record_id,
            first_change.source_system,
            first_change.old_stage as stage,
            cast(null as decimal(38, 9)) as amount,
            least(created.created_at, first_change.changed_at) as changed_at,
            '' as sequence,
            first_change.version_at,
            first_change.delivery_rank,
            first_change.record_line
        from first_change
        inner join created on first_change.record_id = created.record_id
        where first_change.old_stage is not null
    )

select *
from final

-- Grain: one row per delivery whose rows count. Refused files never reach raw; stopped ones wait for their acceptance.
{{ config(materialized="table") }}

with
    delivery as (select * from {{ source("quality", "load_log") }} where status in ('loaded', 'accepted')),

    declared as (select * from {{ source("control", "source_object") }}),

    ranked as (
        select
            delivery.delivery_id,
            delivery.source_system,
            delivery.object,
            delivery.source_file,
            row_number() over (
                partition by delivery.source_system, delivery.object
                order by delivery.ordered_as, delivery.is_current, delivery.sha256
            ) as delivery_rank,
            delivery.rows_malformed,
            coalesce(declared.is_snapshot, false) as is_snapshot
        from delivery
        left join declared on delivery.source_system = declared.source_system and delivery.object = declared.object
    ),

    -- a row that could not be parsed is not absent: only a snapshot without any replaces those before it
    placed as (
        select
            *,
            max(delivery_rank) over (partition by source_system, object) as newest_rank,
            max(case when rows_malformed = 0 then delivery_rank end) over (
                partition by source_system, object
            ) as whole_rank
        from ranked
    ),

    final as (
        select
            delivery_id,
            source_system,
            object,
            source_file,
            delivery_rank,
            is_snapshot,
            is_snapshot and delivery_rank = newest_rank as is_newest_snapshot,
            is_snapshot and delivery_rank < coalesce(whole_rank, 0) as is_past_snapshot
        from placed
    )

select *
from final

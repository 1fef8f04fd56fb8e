-- Grain: one row per delivery whose rows count. Refused files never reach raw; stopped ones wait for their acceptance.
{{ config(materialized="table") }}

with
    delivery as (select * from {{ source("quality", "load_log") }} where status in ('loaded', 'accepted')),

    declared as (select * from {{ source("control", "declared_object") }}),

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
            coalesce(declared.is_snapshot, false) as is_snapshot
        from delivery
        left join declared on delivery.source_system = declared.source_system and delivery.object = declared.object
    ),

    final as (
        select
            delivery_id,
            source_system,
            object,
            source_file,
            delivery_rank,
            is_snapshot,
            delivery_id in (select delivery_id from {{ source("control", "past_snapshot") }}) as is_past_snapshot
        from ranked
    )

select *
from final

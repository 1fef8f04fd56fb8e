-- Grain: one row per deal stage, with the text by which the stage map is asked: its id or its label, whichever the map
-- knows, else what HubSpot says of a closed stage.
{{ config(materialized="view") }}

with
    delivered as (
        select
            raw.stage_id,
            raw.label,
            raw.is_won,
            raw.is_closed,
            raw.version_at,
            delivery.delivery_rank,
            raw._line as record_line
        from {{ source("hubspot", "pipeline_stage") }} as raw
        inner join {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    ),

    newest as (select * from delivered qualify {{ newest_version("stage_id") }}),

    final as (
        select
            stage_id,
            label,
            case
                when is_won then 'closedwon' when is_closed then 'closedlost' else coalesce(label, stage_id)
            end as stage
        from newest
    )

select *
from final

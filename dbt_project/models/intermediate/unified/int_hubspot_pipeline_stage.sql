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
            raw.probability,
            raw.version_at,
            delivery.delivery_rank,
            raw._line as record_line
        from {{ source("hubspot", "pipeline_stage") }} as raw
        inner join
            {{ ref("stg_quality__delivery") }} as delivery
            on raw._delivery_id = delivery.delivery_id
            and not delivery.is_past_snapshot
    ),

    newest as (select * from delivered qualify {{ newest_version("stage_id") }}),

    mapped as (
        select distinct crm_value_key
        from {{ ref("stg_definitions__stage_map") }}
        where source_system = 'hubspot' and object = 'opportunity'
    ),

    final as (
        select
            newest.stage_id,
            case
                when by_id.crm_value_key is not null
                then newest.stage_id
                when by_label.crm_value_key is not null
                then newest.label
                -- the API says of a closed stage only how probable it is
                when coalesce(newest.is_won, newest.is_closed and newest.probability >= 1)
                then 'closedwon'
                when newest.is_closed
                then 'closedlost'
                else coalesce(newest.label, newest.stage_id)
            end as stage
        from newest
        left join mapped as by_id on lower(trim(newest.stage_id)) = by_id.crm_value_key
        left join mapped as by_label on lower(trim(newest.label)) = by_label.crm_value_key
    )

select *
from final

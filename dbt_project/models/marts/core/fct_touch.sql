-- Grain: one row per touch, marketing or not: join dim_channel for is_marketing. Sales activities are no touches.
-- Hazard: a touch may stand on the paths of several opportunities: count touches here, credit in fct_attribution.
{{ config(materialized="view") }}

with
    touch as (select * from {{ ref("int_touch") }}),

    person as (select person_id, account_id from {{ ref("int_person") }}),

    final as (
        select
            touch.touch_id,
            touch.source_system,
            touch.person_id,
            person.account_id,
            touch.touched_at,
            touch.identified_at,
            touch.channel,
            touch.is_marketing,
            touch.source,
            touch.medium,
            touch.campaign_id,
            touch.campaign_name,
            touch.content,
            touch.touch_type,
            touch.landing_page
        from touch
        left join person on touch.person_id = person.person_id
    )

select *
from final

-- Grain: one row per opportunity and touch of its people, numbered by time, then touch id, from the lookback before its
-- creation to its close (to now while open). The path of a basis is the part up to its anchor.
-- Hazard: a touch of a person with two opportunities stands here twice.
with
    opportunity_window as (select * from {{ ref("int_opportunity_window") }}),

    opportunity_person as (select distinct opportunity_id, person_id from {{ ref("int_opportunity_person") }}),

    touch as (select * from {{ ref("int_touch") }} where person_id is not null),

    span as (
        select
            opportunity_person.person_id,
            opportunity_window.opportunity_id,
            opportunity_window.path_starts_at,
            opportunity_window.path_ends_at
        from opportunity_window
        inner join opportunity_person on opportunity_window.opportunity_id = opportunity_person.opportunity_id
    ),

    final as (
        select
            span.opportunity_id,
            row_number() over (
                partition by span.opportunity_id order by touch.touched_at, touch.touch_id
            ) as path_number,
            touch.touch_id,
            touch.person_id,
            touch.touched_at,
            touch.channel,
            touch.is_marketing,
            touch.campaign_id,
            touch.content
        from span
        inner join
            touch
            on span.person_id = touch.person_id
            and touch.touched_at >= span.path_starts_at
            and touch.touched_at <= span.path_ends_at
    )

select *
from final

-- Grain: one row per session in exported GA4 events: client and ga_session_id. It starts with its first event; source,
-- medium and campaign are those of the first event that names one of them, its own before the user's first, one with a
-- source before one without; the user id is the first. A repeated event changes nothing. Two sessions of one client
-- that start at one instant are one touch.
with
    event as (select * from {{ ref("stg_ga4__event") }} where session_id is not null and happened_at is not null),

    ranked as (
        select
            event.*,
            min(happened_at) over (partition by client_id, session_id) as started_at,
            first_value(user_id) over (
                partition by client_id, session_id
                order by case when user_id is null then 1 else 0 end, happened_at, batch_index, user_id
                rows between unbounded preceding and unbounded following
            ) as known_user_id,
            first_value(page_location) over (
                partition by client_id, session_id
                order by case when page_location is null then 1 else 0 end, happened_at, batch_index, page_location
                rows between unbounded preceding and unbounded following
            ) as first_page,
            max(click_id) over (partition by client_id, session_id) as session_click_id,
            row_number() over (
                partition by client_id, session_id
                order by
                    case when coalesce(source, medium, campaign) is null then 1 else 0 end,
                    case when is_users_source then 1 else 0 end,
                    case when source is null then 1 else 0 end,
                    happened_at,
                    batch_index,
                    source,
                    medium,
                    campaign
            ) as position
        from event
    ),

    final as (
        select
            'ga4:' || client_id || ':' || cast(started_at as {{ dbt.type_string() }}) as touch_id,
            'ga4' as source_system,
            client_id,
            {{ salesforce_id("known_user_id") }} as user_id,
            {{ session_person("known_user_id") }} as person_record_id,
            case when known_user_id like '%@%' then lower(trim(known_user_id)) end as email,
            started_at as touched_at,
            source,
            medium,
            campaign,
            content,
            'web_session' as touch_type,
            session_click_id as click_id,
            first_page as landing_page
        from ranked
        where position = 1
        qualify
            row_number() over (
                partition by client_id, started_at
                order by
                    case when coalesce(source, medium, campaign) is null then 1 else 0 end,
                    case when source is null then 1 else 0 end,
                    case when known_user_id is null then 1 else 0 end,
                    session_id
            )
            = 1
    )

select *
from final

-- Grain: one row per delivered event of the BigQuery export, read into sessions by int_ga4_event_session. The event's
-- own source counts; the user's first source (traffic_source) only in the first session, and only where the event names
-- neither source nor medium nor campaign: the three are one word.
{% set is_users_source = "event.is_first_session and coalesce(event.source, event.medium, event.campaign) is null" %}
with
    event as (
        select
            raw.*,
            coalesce(
                raw.event_source, {{ json_parameter("raw.event_params", "source") }}, raw.collected_source
            ) as source,
            coalesce(
                raw.event_medium, {{ json_parameter("raw.event_params", "medium") }}, raw.collected_medium
            ) as medium,
            coalesce(
                raw.event_campaign, {{ json_parameter("raw.event_params", "campaign") }}, raw.collected_campaign
            ) as campaign,
            coalesce(raw.session_number, {{ json_parameter("raw.event_params", "ga_session_number") }}, '1')
            = '1' as is_first_session
        from {{ source("ga4", "event") }} as raw
        where raw.client_id is not null
    )

select
    event.client_id,
    coalesce(event.session_id, {{ json_parameter("event.event_params", "ga_session_id") }}) as session_id,
    event.happened_at,
    event.user_id,
    {% for column in ["source", "medium", "campaign"] %}
        case when {{ is_users_source }} then event.user_{{ column }} else event.{{ column }} end as {{ column }},
    {% endfor %}
    coalesce(
        event.event_content, {{ json_parameter("event.event_params", "content") }}, event.collected_content
    ) as content,
    coalesce(event.click_id, {{ json_parameter("event.event_params", "gclid") }}) as click_id,
    coalesce(event.page_location, {{ json_parameter("event.event_params", "page_location") }}) as page_location,
    {{ is_users_source }} as is_users_source,
    event.batch_index,
    event._line as record_line
from event
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on event._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

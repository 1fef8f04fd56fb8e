-- Grain: one row per delivered event of the BigQuery export, read into sessions by int_ga4_event_session. The event's
-- own source counts; the user's first source (traffic_source) only in the first session.
select
    raw.client_id,
    coalesce(raw.session_id, {{ json_parameter("raw.event_params", "ga_session_id") }}) as session_id,
    raw.happened_at,
    raw.user_id,
    coalesce(
        raw.event_source,
        {{ json_parameter("raw.event_params", "source") }},
        raw.collected_source,
        case
            when coalesce(raw.session_number, {{ json_parameter("raw.event_params", "ga_session_number") }}, '1') = '1'
            then raw.user_source
        end
    ) as source,
    coalesce(
        raw.event_medium,
        {{ json_parameter("raw.event_params", "medium") }},
        raw.collected_medium,
        case
            when coalesce(raw.session_number, {{ json_parameter("raw.event_params", "ga_session_number") }}, '1') = '1'
            then raw.user_medium
        end
    ) as medium,
    coalesce(
        raw.event_campaign,
        {{ json_parameter("raw.event_params", "campaign") }},
        raw.collected_campaign,
        case
            when coalesce(raw.session_number, {{ json_parameter("raw.event_params", "ga_session_number") }}, '1') = '1'
            then raw.user_campaign
        end
    ) as campaign,
    coalesce(raw.event_content, {{ json_parameter("raw.event_params", "content") }}, raw.collected_content) as content,
    coalesce(raw.click_id, {{ json_parameter("raw.event_params", "gclid") }}) as click_id,
    coalesce(raw.page_location, {{ json_parameter("raw.event_params", "page_location") }}) as page_location,
    raw.batch_index,
    raw._line as record_line
from {{ source("ga4", "event") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
where raw.client_id is not null

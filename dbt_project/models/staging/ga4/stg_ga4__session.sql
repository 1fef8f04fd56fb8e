-- Grain: one row per delivered row of a session. A session is its client and its start. The user id is an e-mail or a
-- CRM id, where the visitor is known.
select
    'ga4:' || raw.client_id || ':' || cast(raw.touched_at as {{ dbt.type_string() }}) as touch_id,
    'ga4' as source_system,
    raw.client_id,
    {{ salesforce_id("raw.user_id") }} as user_id,
    {{ session_person("raw.user_id") }} as person_record_id,
    case
        when raw.user_id like '%@%' then lower(trim(raw.user_id)) else {{ normalised_email("raw.email") }}
    end as email,
    raw.touched_at,
    raw.source,
    raw.medium,
    raw.campaign,
    raw.content,
    'web_session' as touch_type,
    coalesce(raw.click_id, {{ click_id("raw.landing_page") }}) as click_id,
    raw.landing_page,
    coalesce(raw.is_deleted, false) as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("ga4", "session") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

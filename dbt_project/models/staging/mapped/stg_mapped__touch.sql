-- Grain: one row per delivered version of a touch of a user-mapped source. Without a key of its own a touch is its
-- person or client, its time and its type.
select
    raw.source_system
    || ':'
    || coalesce(
        raw.native_id,
        concat_ws(
            '|',
            coalesce(raw.client_id, raw.person_id, raw.user_id, lower(trim(raw.email))),
            cast(raw.touched_at as {{ dbt.type_string() }}),
            raw.touch_type
        )
    ) as touch_id,
    raw.source_system,
    raw.client_id,
    -- a person whom another system knows: by e-mail, by an id with its system, by one of Salesforce's
    coalesce(
        raw.user_id,
        case when raw.person_id like '%@%' or {{ session_person("raw.person_id") }} is not null then raw.person_id end
    ) as user_id,
    raw.source_system || ':' || raw.person_id as person_record_id,
    {{ normalised_email("raw.email") }} as email,
    raw.touched_at,
    raw.source,
    raw.medium,
    raw.campaign,
    raw.content,
    coalesce(raw.touch_type, 'web_session') as touch_type,
    raw.click_id,
    raw.landing_page,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("mapped", "touch") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "touch")) }}
-- without a key a row is its file's: that of a replaced one does not vie with the newest one's
where not (delivery.is_past_snapshot and raw.native_id is null)

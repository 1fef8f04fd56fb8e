-- Grain: one row per delivered click in a marketing e-mail. Sends, opens, bounces and clicks that HubSpot filtered as
-- a machine's are no touches. Loaders tell the address that was clicked in a table of its own.
with
    clicked as (
        select raw.event_id, raw.url, raw.version_at, delivery.delivery_rank, raw._line as record_line
        from {{ source("hubspot", "email_event_click") }} as raw
        inner join
            {{ ref("stg_quality__delivery") }} as delivery
            on raw._delivery_id = delivery.delivery_id
            and not delivery.is_past_snapshot
        qualify {{ newest_version("raw.event_id") }}
    ),

    event as (
        select delivered.*, coalesce(delivered.landing_page, clicked.url) as page
        from {{ source("hubspot", "email_event") }} as delivered
        left join clicked on delivered.native_id = clicked.event_id
    )

select
    'hubspot:email:' || raw.native_id as touch_id,
    'hubspot' as source_system,
    raw.client_id,
    cast(null as {{ dbt.type_string() }}) as user_id,
    'hubspot:' || raw.person_id as person_record_id,
    {{ normalised_email("raw.email") }} as email,
    raw.touched_at,
    coalesce(raw.source, {{ url_parameter("raw.page", "utm_source") }}, 'hubspot') as source,
    coalesce(raw.medium, {{ url_parameter("raw.page", "utm_medium") }}, 'email') as medium,
    -- email_campaign_id counts HubSpot's e-mails: another platform's campaign may have the number
    coalesce(raw.campaign, {{ url_parameter("raw.page", "utm_campaign") }}) as campaign,
    coalesce(raw.content, {{ url_parameter("raw.page", "utm_content") }}) as content,
    'email_click' as touch_type,
    coalesce(raw.click_id, {{ click_id("raw.page") }}) as click_id,
    raw.page as landing_page,
    coalesce(raw.is_deleted, false) or coalesce(raw.fivetran_deleted, false) as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from event as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
where upper(raw.touch_type) = 'CLICK' and not coalesce(raw.is_filtered, false)

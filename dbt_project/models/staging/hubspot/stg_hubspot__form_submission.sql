-- Grain: one row per delivered form submission of a contact. The campaign parameters of the page's address say where
-- the visit came from; without them the source is HubSpot and the medium the form.
select
    'hubspot:form:' || coalesce(
        raw.native_id,
        concat_ws('|', coalesce(raw.person_id, raw.email), raw.form_id, cast(raw.touched_at as {{ dbt.type_string() }}))
    ) as touch_id,
    'hubspot' as source_system,
    raw.client_id,
    cast(null as {{ dbt.type_string() }}) as user_id,
    'hubspot:' || raw.person_id as person_record_id,
    {{ normalised_email("raw.email") }} as email,
    raw.touched_at,
    coalesce(raw.source, {{ url_parameter("raw.landing_page", "utm_source") }}, 'hubspot') as source,
    coalesce(raw.medium, {{ url_parameter("raw.landing_page", "utm_medium") }}, 'form') as medium,
    coalesce(raw.campaign, {{ url_parameter("raw.landing_page", "utm_campaign") }}) as campaign,
    coalesce({{ url_parameter("raw.landing_page", "utm_content") }}, raw.content, raw.form_id) as content,
    'form_submission' as touch_type,
    coalesce(raw.click_id, {{ click_id("raw.landing_page") }}) as click_id,
    raw.landing_page,
    coalesce(raw.is_deleted, false) or coalesce(raw.fivetran_deleted, false) as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("hubspot", "form_submission") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

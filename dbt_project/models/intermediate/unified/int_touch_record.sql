-- Grain: one row per touch of any source: web sessions, campaign responses, form submissions, e-mail clicks. The
-- person is named where the source names one: by record, e-mail or user id. is_of_contact: the record is a contact, of
-- which a lead may have the number.
{% set columns = [
    "touch_id",
    "source_system",
    "client_id",
    "user_id",
    "person_record_id",
    "email",
    "touched_at",
    "source",
    "medium",
    "campaign",
    "content",
    "touch_type",
    "click_id",
    "landing_page",
] %}
{% set parts = [
    "stg_ga4__session",
    "stg_hubspot__form_submission",
    "stg_hubspot__email_event",
    "stg_marketo__touch",
    "stg_mapped__touch",
] %}

with
    delivered as (
        {% for part in parts %}
            select {{ columns | join(", ") }}, is_deleted, version_at, delivery_rank, record_line
            from {{ ref(part) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    -- few touches are delivered twice: sorting all of them costs as much as all the rest of the model
    repeated as (select touch_id from delivered group by touch_id having count(*) > 1),

    ranked as (
        select delivered.*, {{ newest_version("delivered.touch_id") }} as is_newest
        from delivered
        inner join repeated on delivered.touch_id = repeated.touch_id
    ),

    newest as (
        select {% for column in columns %} delivered.{{ column }}, {% endfor %} delivered.is_deleted
        from delivered
        left join repeated on delivered.touch_id = repeated.touch_id
        where repeated.touch_id is null
        union all
        select {{ columns | join(", ") }}, is_deleted
        from ranked
        where is_newest
    ),

    response as (
        select
            touch_id,
            source_system,
            cast(null as {{ dbt.type_string() }}) as client_id,
            cast(null as {{ dbt.type_string() }}) as user_id,
            person_record_id,
            cast(null as {{ dbt.type_string() }}) as email,
            responded_at as touched_at,
            source_system as source,
            campaign_type as medium,
            campaign_name as campaign,
            cast(null as {{ dbt.type_string() }}) as content,
            'campaign_response' as touch_type,
            cast(null as {{ dbt.type_string() }}) as click_id,
            cast(null as {{ dbt.type_string() }}) as landing_page,
            is_of_contact
        from {{ ref("int_campaign_response") }}
    ),

    final as (
        select {{ columns | join(", ") }}, false as is_of_contact
        from newest
        where not is_deleted and touched_at is not null
        union all
        select *
        from response
        union all
        -- a session that is exported as one and as events is one touch
        select {% for column in columns %} event_session.{{ column }}, {% endfor %} false as is_of_contact
        from {{ ref("int_ga4_event_session") }} as event_session
        left join {{ ref("stg_ga4__session") }} as exported on event_session.touch_id = exported.touch_id
        where exported.touch_id is null
    )

select *
from final

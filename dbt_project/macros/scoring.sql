{% macro number_signals() -%}
    {#- The signals of int_lead_signal that are numbers, as scoring/signals.py names them. -#}
    {{
        return(
            [
                "sessions_30d",
                "sessions_60d",
                "pricing_page_views_30d",
                "pricing_page_views_60d",
                "content_views_60d",
                "form_submissions_30d",
                "form_submissions_60d",
                "event_attendances_30d",
                "event_attendances_60d",
                "email_clicks_60d",
                "responded_campaigns_60d",
                "paid_touches_60d",
                "distinct_channels_60d",
                "days_since_last_touch",
                "days_since_first_touch",
                "days_since_creation",
                "employee_count",
                "annual_revenue",
            ]
        )
    }}
{%- endmacro %}

{% macro category_signals() -%}
    {#- The signals of int_lead_signal that are texts: trimmed, in lower case. -#}
    {{
        return(
            [
                "industry",
                "country",
                "technology",
                "growth_stage",
                "trigger_event",
                "job_level",
                "job_function",
                "lead_source",
                "channel",
            ]
        )
    }}
{%- endmacro %}

{% macro counted_touches() -%}
    {#- What criteria and signals count among touches, as conditions on touch_type and landing_page. -#}
    {% set is_page_view = "touch_type in ('web_session', 'page_view')" %}
    {{
        return(
            {
                "page_views": is_page_view,
                "pricing_page_views": is_page_view ~ " and lower(landing_page) like '%pricing%'",
                "form_submissions": "touch_type in ('form_submission', 'form_submit')",
                "event_attendances": "touch_type in ('event_attendance', 'event')",
            }
        )
    }}
{%- endmacro %}

{% macro job_level(title) -%}
    {#- How high a job title stands. `title` is in lower case. -#}
    case
        when {{ title }} is null
        then null
        when
            {{ title }} like '%student%'
            or {{ title }} = 'intern'
            or {{ title }} like 'intern %'
            or {{ title }} like '% intern'
            or {{ title }} like '%internship%'
            or {{ title }} like '%trainee%'
        then 'student'
        when {{ title }} like '%consultant%' or {{ title }} like '%freelance%'
        then 'consultant'
        when
            {{ title }} like '%chief%'
            or {{ title }} like '%founder%'
            or {{ title }} like '%owner%'
            or {{ title }} in ('ceo', 'cmo', 'cro', 'coo', 'cfo', 'cto', 'cio', 'president')
        then 'chief'
        when {{ title }} like '%vice president%' or {{ title }} like '%vp%'
        then 'vice president'
        when {{ title }} like '%director%' or {{ title }} like '%head of%'
        then 'director'
        when {{ title }} like '%manager%' or {{ title }} like '%lead%'
        then 'manager'
        when
            {{ title }} like '%analyst%'
            or {{ title }} like '%specialist%'
            or {{ title }} like '%coordinator%'
            or {{ title }} like '%assistant%'
        then 'specialist'
        else 'other'
    end
{%- endmacro %}

{% macro job_function(title) -%}
    {#- What a job title is about. `title` is in lower case. -#}
    case
        when {{ title }} is null
        then null
        when {{ title }} like '%revenue op%' or {{ title }} like '%revops%' or {{ title }} like '%sales op%'
        then 'revenue operations'
        when {{ title }} like '%marketing%' or {{ title }} like '%demand%' or {{ title }} like '%growth%'
        then 'marketing'
        when {{ title }} like '%sales%' or {{ title }} like '%account executive%' or {{ title }} like '%business dev%'
        then 'sales'
        when {{ title }} like '%finance%' or {{ title }} like '%financial%'
        then 'finance'
        when {{ title }} like 'it %' or {{ title }} like '%technology%' or {{ title }} like '%engineer%'
        then 'technology'
        else 'other'
    end
{%- endmacro %}

{% macro is_form(touch_type, medium) -%}
    {#- A form fill: as its own touch, or as the response to a campaign that is a form. -#}
    (
        {{ touch_type }} in ('form_submission', 'form_submit')
        or (
            {{ touch_type }} = 'campaign_response'
            and lower({{ medium }}) in (
                'content download',
                'content',
                'demo request',
                'web form',
                'form',
                'contact us',
                'white paper',
                'whitepaper',
                'ebook',
                'trial',
                'free trial',
                'download'
            )
        )
    )
{%- endmacro %}

{% macro is_event(touch_type, medium) -%}
    {#- An event attended: as its own touch, or as the response to a campaign that is an event. -#}
    (
        {{ touch_type }} in ('event_attendance', 'event')
        or (
            {{ touch_type }} = 'campaign_response'
            and lower({{ medium }}) in (
                'webinar',
                'conference',
                'event',
                'field event',
                'trade show',
                'tradeshow',
                'seminar',
                'seminar / conference',
                'roadshow',
                'workshop',
                'executive dinner'
            )
        )
    )
{%- endmacro %}

{% macro attribute_text(attributes, name) -%}
    {#- The text under a name in the columns a mapping keeps: by a pointer, for a path cannot write " or * as a name. -#}
    json_extract_string({{ attributes }}, '/' || replace(replace({{ name }}, '~', '~0'), '/', '~1'))
{%- endmacro %}

{% macro score_band(score) -%}
    case
        when {{ score }} >= 80
        then '80-100'
        when {{ score }} >= 60
        then '60-79'
        when {{ score }} >= 40
        then '40-59'
        when {{ score }} >= 20
        then '20-39'
        else '00-19'
    end
{%- endmacro %}

{#- What touches, channels and attribution need beyond standard SQL, one named macro each. -#}
{% macro explode_list(list) -%}
    {#- One row per element of an array, in a select list. -#}
    unnest({{ list }})
{%- endmacro %}

{% macro elapsed_days(earlier, later) -%}
    {#- Elapsed seconds / 86,400, fractions kept: days of a clock, not of a calendar. -#}
    ({{ seconds_between(earlier, later) }} / 86400.0)
{%- endmacro %}

{% macro add_days(moment, days) -%}
    {#- A moment some elapsed days (negative to go back, parts of a day to the microsecond) later. -#}
    ({{ moment }} + to_microseconds(cast(round(({{ days }}) * 86400000000) as bigint)))
{%- endmacro %}

{% macro days_between(first_day, last_day) -%}
    {#- One row per day from the first to the last, both included, in a select list. -#}
    cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro %}

{% macro platform_sources() -%}
    {#- The utm_sources under which the clicks of each ads platform arrive, the usual one first. -#}
    {{
        return(
            {
                "google_ads": [
                    "google",
                    "google.com",
                    "adwords",
                    "google shopping",
                    "lens.google.com",
                    "search.google.com",
                    "youtube",
                    "youtube.com",
                    "m.youtube.com",
                ],
                "linkedin_ads": ["linkedin", "linkedin.com", "lnkd.in"],
                "meta_ads": [
                    "facebook",
                    "facebook.com",
                    "fb",
                    "fb.me",
                    "meta",
                    "ig",
                    "igshopping",
                    "instagram",
                    "instagram.com",
                    "messenger",
                    "messenger.com",
                    "apps.facebook.com",
                    "business.facebook.com",
                    "free.facebook.com",
                    "l.facebook.com",
                    "l.instagram.com",
                    "l.messenger.com",
                    "lm.facebook.com",
                    "m.facebook.com",
                    "mobile.facebook.com",
                    "touch.facebook.com",
                    "web.facebook.com",
                ],
                "microsoft_ads": ["bing", "bing.com", "cn.bing.com", "microsoft", "msn", "msn.com", "ntp.msn.com"],
            }
        )
    }}
{%- endmacro %}

{% macro platform_source(platform) -%}
    {#- The utm_source in whose channel an ads platform's spend stands. -#}
    case
        {{ platform }}
        {% for name, sources in platform_sources().items() %} when '{{ name }}' then '{{ sources[0] }}' {% endfor %}
        else {{ platform }}
    end
{%- endmacro %}

{% macro is_of_platform(source, platform) -%}
    {#- Whether a utm_source is an ads platform's: its name, or one under which its clicks arrive. -#}
    case
        {{ platform }}
        {% for name, sources in platform_sources().items() %}
            when '{{ name }}' then lower({{ source }}) in ('{{ name }}', '{{ sources | join("', '") }}')
        {% endfor %}
        else lower({{ source }}) = {{ platform }}
    end
{%- endmacro %}

{% macro native_id_of(record_id) -%}
    {#- The part of an id after its system: `salesforce:00Q…` is 00Q…. -#}
    substring({{ record_id }}, {{ dbt.position("':'", record_id) }} + 1)
{%- endmacro %}

{% macro campaign_keys(campaign) -%}
    {#- The keys under which a campaign is looked up: as written, and completed where it is a Salesforce id of 15 characters. -#}
    (lower({{ campaign }}), lower({{ salesforce_id(campaign) }}))
{%- endmacro %}

{% macro campaign_key() -%}
    {#- CTE campaign_key, out of campaign: each campaign under the texts that name it, its id and its name. -#}
    campaign_key as (
        select lower({{ native_id_of("campaign_id") }}) as campaign_key, 0 as is_name, *
        from campaign
        union all
        select lower(trim(name)) as campaign_key, 1 as is_name, *
        from campaign
        where name is not null
    )
{%- endmacro %}

{% macro campaign_precedence(source=none) -%}
    {#- Which of several campaigns of one text is meant, as an order of campaign_key: ads platforms before the CRM before
        what was entered by hand; among equals the platform of `source`, an id before a name, the first system, the
        smallest id. -#}
    case when campaign_key.is_ads_campaign then 0 when campaign_key.platform = 'marketing_costs' then 2 else 1 end,
    {% if source %} case when {{ is_of_platform(source, "campaign_key.platform") }} then 0 else 1 end, {% endif %}
    campaign_key.is_name,
    {{ system_rank("campaign_key.platform") }},
    campaign_key.platform,
    campaign_key.campaign_id
{%- endmacro %}

{% macro row_hash(columns) -%}
    {#- A 64-bit hash of the columns, nulls included. Good within one warehouse, not across engine versions. Hashed
        twice, as wherever bit_xor puts the hashes of rows together: what the last column brings to DuckDB's hash stands
        in it as it is, so that two rows in which it changed alike would look unchanged together. -#}
    hash(hash({{ columns | join(", ") }}))
{%- endmacro %}

{% macro opportunity_month() -%}
    {#- CTE opportunity_month: the month of the anchor of each basis. Pipeline counts in the month of creation in the
        reporting time zone, revenue in the month of the close day, which is a day and is not shifted. -#}
    opportunity_month as (
        select
            opportunity_id,
            'pipeline' as basis,
            cast({{ dbt.date_trunc("month", to_reporting_date("created_at")) }} as date) as month_start
        from {{ ref("int_opportunity") }}
        union all
        select
            opportunity_id,
            'revenue' as basis,
            cast(
                {{ dbt.date_trunc("month", "coalesce(close_date, " ~ to_reporting_date("closed_at") ~ ")") }} as date
            ) as month_start
        from {{ ref("int_opportunity") }}
        where is_won
    )
{%- endmacro %}

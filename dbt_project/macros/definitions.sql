{% macro setting(name) -%}
    {#- The value of a setting in force at the run's now, as text: cast it where a number is meant. For the value in
        force at an event, join stg_definitions__setting on effective_from <= event < effective_to. -#}
    (
        select setting_in_force.value
        from {{ ref("stg_definitions__setting_in_force") }} as setting_in_force
        where setting_in_force.setting = '{{ name }}'
    )
{%- endmacro %}

{% macro cell(column) -%}
    {#- What a cell of a definitions file says: blanks around it (handoff.sql.BLANKS) say nothing. -#}
    nullif({{ trimmed(column) }}, '')
{%- endmacro %}

{% macro trimmed(text) -%} trim({{ text }}, ' ' || chr(9) || chr(10) || chr(13) || chr(160)) {%- endmacro %}

{% macro one_spelling(column, within=none) -%}
    {#- What a cell names, in one spelling wherever the names (of one value of `within`) differ in letters' case alone:
        the one in small letters, where there is one. -#}
    max({{ cell(column) }}) over (
        partition by {% if within %} lower({{ cell(within) }}), {% endif %} lower({{ cell(column) }})
    )
{%- endmacro %}

{% macro effective_from(column="valid_from") -%}
    {#- The first version judges what happened before it, so its rows reach back to the beginning of time. -#}
    case
        when
            cast({{ cell(column) }} as date)
            <= (select min(cast({{ cell("valid_from") }} as date)) from {{ ref("versions") }})
        then timestamp '0001-01-01 00:00:00'
        else cast({{ cell(column) }} as timestamp)
    end
{%- endmacro %}

{% macro effective_to(column="valid_to") -%}
    coalesce(cast({{ cell(column) }} as timestamp), timestamp '9999-12-31 00:00:00')
{%- endmacro %}

{% macro to_reporting_time(ts) -%}
    {#- A UTC timestamp as wall clock time of the reporting time zone. UTC, the default, costs nothing. -#}
    case
        when {{ setting("reporting_timezone") }} = 'UTC'
        then {{ ts }}
        else {{ from_utc(ts, setting("reporting_timezone")) }}
    end
{%- endmacro %}

{% macro to_reporting_date(ts) -%}
    {#- The day of the reporting time zone in which a UTC timestamp falls. -#}
    cast({{ to_reporting_time(ts) }} as date)
{%- endmacro %}

{% macro from_reporting_time(ts) -%}
    {#- Wall clock time of the reporting time zone as a UTC timestamp. -#}
    case
        when {{ setting("reporting_timezone") }} = 'UTC'
        then cast({{ ts }} as timestamp)
        else {{ to_utc("cast(" ~ ts ~ " as timestamp)", setting("reporting_timezone")) }}
    end
{%- endmacro %}

{% macro from_reporting_day_start(day) -%}
    {#- The UTC moment at which a day of the reporting time zone begins. -#}
    {{ from_reporting_time("cast(" ~ day ~ " as date)") }}
{%- endmacro %}

{% macro from_reporting_day_end(day) -%}
    {#- The last second of a day of the reporting time zone, in UTC: still inside that day. -#}
    {{ from_reporting_time("cast(" ~ day ~ " as date) + interval '1' day - interval '1' second") }}
{%- endmacro %}

{% macro from_utc(ts, timezone) -%} timezone({{ timezone }}, timezone('UTC', {{ ts }})) {%- endmacro %}

{% macro to_utc(ts, timezone) -%} timezone('UTC', timezone({{ timezone }}, {{ ts }})) {%- endmacro %}

{% macro regex_full_match(text, pattern) -%}
    {#- Does the pattern match the whole text, ignoring case? RE2 on DuckDB. -#}
    regexp_full_match({{ text }}, {{ pattern }}, 'is')
{%- endmacro %}

{% macro salesforce_ids(value) -%}
    {#- A definitions list with each Salesforce id of 15 characters in both its lengths; anything else stays. -#}
    array_to_string(
        list_transform(
            string_split({{ value }}, '|'),
            lambda part: case
                when {{ salesforce_id(trimmed("part")) }} <> {{ trimmed("part") }}
                then {{ trimmed("part") }} || '|' || {{ salesforce_id(trimmed("part")) }}
                else part
            end
        ),
        '|'
    )
{%- endmacro %}

{% macro split_list(value) -%}
    {#- A definitions list (`a|b|c`, also `a | b`, a part on each line) as an array of lower-cased texts. -#}
    list_transform(string_split(lower({{ value }}), '|'), lambda part:{{ trimmed("part") }})
{%- endmacro %}

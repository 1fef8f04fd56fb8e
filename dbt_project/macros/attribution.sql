{#- What touches, channels and attribution need beyond standard SQL, one named macro each. -#}
{% macro explode_list(list) -%}
    {#- One row per element of an array, in a select list. -#}
    {{ return(adapter.dispatch("explode_list")(list)) }}
{%- endmacro %}

{% macro default__explode_list(list) -%} explode({{ list }}) {%- endmacro %}

{% macro duckdb__explode_list(list) -%} unnest({{ list }}) {%- endmacro %}

{% macro first_known(value, window) -%}
    {#- The first value of the window that is not null. -#}
    {{ return(adapter.dispatch("first_known")(value, window)) }}
{%- endmacro %}

{% macro default__first_known(value, window) -%} first_value({{ value }}, true) over ({{ window }}) {%- endmacro %}

{% macro duckdb__first_known(value, window) -%}
    first_value({{ value }} ignore nulls) over ({{ window }})
{%- endmacro %}

{% macro elapsed_days(earlier, later) -%}
    {#- Elapsed seconds / 86,400, fractions kept: days of a clock, not of a calendar. -#}
    {{ return(adapter.dispatch("elapsed_days")(earlier, later)) }}
{%- endmacro %}

{% macro default__elapsed_days(earlier, later) -%}
    ((unix_micros({{ later }}) - unix_micros({{ earlier }})) / 86400000000d)
{%- endmacro %}

{% macro duckdb__elapsed_days(earlier, later) -%}
    ((epoch_us({{ later }}) - epoch_us({{ earlier }})) / 86400000000.0::double)
{%- endmacro %}

{% macro add_days(moment, days) -%}
    {#- A moment some elapsed days (a whole number, negative to go back) later. -#}
    {{ return(adapter.dispatch("add_days")(moment, days)) }}
{%- endmacro %}

{% macro default__add_days(moment, days) -%} ({{ moment }} + make_dt_interval(cast({{ days }} as int))) {%- endmacro %}

{% macro duckdb__add_days(moment, days) -%}({{ moment }} + to_days(cast({{ days }} as integer))) {%- endmacro %}

{% macro refuse_rate(message) -%}
    {#- Stops the run with this message when the row is reached: for use in a branch of `case`. -#}
    {{ return(adapter.dispatch("refuse_rate")(message)) }}
{%- endmacro %}

{% macro default__refuse_rate(message) -%} raise_error({{ message }}) {%- endmacro %}

{% macro duckdb__refuse_rate(message) -%} error({{ message }}) {%- endmacro %}

{% macro days_between(first_day, last_day) -%}
    {#- One row per day from the first to the last, both included, in a select list. -#}
    {{ return(adapter.dispatch("days_between")(first_day, last_day)) }}
{%- endmacro %}

{% macro default__days_between(first_day, last_day) -%}
    explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day))
{%- endmacro %}

{% macro duckdb__days_between(first_day, last_day) -%}
    cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro %}

{% macro platform_source(platform) -%}
    {#- The utm_source under which an ads platform's clicks arrive. -#}
    case
        {{ platform }}
        when 'google_ads'
        then 'google'
        when 'linkedin_ads'
        then 'linkedin'
        when 'meta_ads'
        then 'facebook'
        when 'microsoft_ads'
        then 'bing'
        else {{ platform }}
    end
{%- endmacro %}

{% macro native_id_of(record_id) -%}
    {#- The part of an id after its system: `salesforce:00Q…` is 00Q…. -#}
    substring({{ record_id }}, {{ dbt.position("':'", record_id) }} + 1)
{%- endmacro %}

{% macro row_hash(columns) -%}
    {#- A 64-bit hash of the columns, nulls included. Good within one warehouse, not across engine versions. -#}
    {{ return(adapter.dispatch("row_hash")(columns)) }}
{%- endmacro %}

{% macro default__row_hash(columns) -%}
    xxhash64(
        {%- for column in columns -%}
            {{ column }}, {{ column }} is null{% if not loop.last %}, {% endif %}
        {%- endfor -%}
    )
{%- endmacro %}

{% macro duckdb__row_hash(columns) -%} hash({{ columns | join(", ") }}) {%- endmacro %}

{% macro source_priority(system) -%}
    {#- The place of a source in system_priority; those it does not name come after it, by name. -#}
    coalesce(
        nullif(
            {{
                dbt.position(
                    "'|' || " ~ system ~ " || '|'", "'|' || lower(" ~ setting("system_priority") ~ ") || '|'"
                )
            }},
            0
        ),
        1000000
    )
{%- endmacro %}

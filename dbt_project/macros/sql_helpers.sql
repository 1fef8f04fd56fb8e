{% macro day_series(first_day, last_day) -%}
    {#- A relation with one column, date_day, one row per day, both ends included. -#}
    (
        select
            cast(
                unnest(
                    generate_series(
                        cast({{ first_day }} as timestamp), cast({{ last_day }} as timestamp), interval '1' day
                    )
                ) as date
            ) as date_day
    )
{%- endmacro %}

{% macro seconds_between(earlier, later) -%}
    {#- Elapsed seconds between two timestamps, with their fraction. -#}
    (epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000.0
{%- endmacro %}

{% macro business_seconds(moment, stretch) -%}
    {#- Business seconds up to a moment: an aggregate over its day's begun stretches of int_business_window. -#}
    max(
        {{ stretch }}.seconds_before
        + {{ seconds_between(stretch ~ ".starts_at", "least(" ~ moment ~ ", " ~ stretch ~ ".ends_at)") }}
    )
{%- endmacro %}

{% macro business_now() -%}
    {#- CTE business_now: one row, the business seconds up to the run's now. -#}
    business_now as (
        select {{ business_seconds(as_of(), "stretch") }} as business_seconds
        from {{ ref("int_business_window") }} as stretch
        where stretch.date_day = {{ to_reporting_date(as_of()) }} and stretch.starts_at <= {{ as_of() }}
    )
{%- endmacro %}

{% macro last_known(value, partition_by, order_by) -%}
    {#- The newest value that is not null, up to this row. -#}
    last_value({{ value }} ignore nulls) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro ordered_text(value, order_by, separator="; ") -%}
    {#- An aggregate: the texts that are not null, joined in a fixed order. -#}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro earliest(one, other) -%}
    {#- The earlier of two times of which either may be null. -#}
    least(coalesce({{ one }}, {{ other }}), coalesce({{ other }}, {{ one }}))
{%- endmacro %}

{% macro stop_with(message) -%}
    {#- Fails the query with the message; use it inside a case, never evaluated where the case does not hold. -#}
    error({{ message }})
{%- endmacro %}

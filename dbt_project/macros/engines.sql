{% macro day_series(first_day, last_day) -%}
    {#- A relation with one column, date_day, one row per day, both ends included. -#}
    {{ return(adapter.dispatch("day_series")(first_day, last_day)) }}
{%- endmacro %}

{% macro default__day_series(first_day, last_day) -%}
    (select explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day)) as date_day)
{%- endmacro %}

{% macro duckdb__day_series(first_day, last_day) -%}
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
    {{ return(adapter.dispatch("seconds_between")(earlier, later)) }}
{%- endmacro %}

{% macro default__seconds_between(earlier, later) -%}
    (unix_micros({{ later }}) - unix_micros({{ earlier }})) / 1000000.0
{%- endmacro %}

{% macro duckdb__seconds_between(earlier, later) -%}
    (epoch_us({{ later }}) - epoch_us({{ earlier }})) / 1000000.0
{%- endmacro %}

{% macro last_known(value, partition_by, order_by) -%}
    {#- The newest value that is not null, up to this row. -#}
    {{ return(adapter.dispatch("last_known")(value, partition_by, order_by)) }}
{%- endmacro %}

{% macro default__last_known(value, partition_by, order_by) -%}
    last_value({{ value }}, true) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro duckdb__last_known(value, partition_by, order_by) -%}
    last_value({{ value }} ignore nulls) over (
        partition by {{ partition_by }} order by {{ order_by }} rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro ordered_text(value, order_by, separator="; ") -%}
    {#- An aggregate: the texts that are not null, joined in a fixed order. -#}
    {{ return(adapter.dispatch("ordered_text")(value, order_by, separator)) }}
{%- endmacro %}

{% macro default__ordered_text(value, order_by, separator) -%}
    concat_ws('{{ separator }}', transform(array_sort(collect_list(struct({{ order_by }}, {{ value }}))), x -> x.col2))
{%- endmacro %}

{% macro duckdb__ordered_text(value, order_by, separator) -%}
    string_agg({{ value }}, '{{ separator }}' order by {{ order_by }})
{%- endmacro %}

{% macro earliest(one, other) -%}
    {#- The earlier of two times of which either may be null. -#}
    least(coalesce({{ one }}, {{ other }}), coalesce({{ other }}, {{ one }}))
{%- endmacro %}

{% macro stop_with(message) -%}
    {#- Fails the query with the message; use it inside a case, never evaluated where the case does not hold. -#}
    {{ return(adapter.dispatch("stop_with")(message)) }}
{%- endmacro %}

{% macro default__stop_with(message) -%} raise_error({{ message }}) {%- endmacro %}

{% macro duckdb__stop_with(message) -%} error({{ message }}) {%- endmacro %}

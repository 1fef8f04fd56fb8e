{#- What every metric shares: how a period starts, when a cohort is mature, what an empty denominator gives. -#}
{% macro period_start(part, day) -%}
    {#- First day of the month, quarter or week (Monday) a reporting day lies in. -#}
    cast({{ dbt.date_trunc(part, day) }} as date)
{%- endmacro %}

{% macro rate(numerator, denominator) -%}
    {#- Null, never 0, where the denominator is empty. -#}
    cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0)
{%- endmacro %}

{% macro as_of_day() -%}
    {#- The day, in the reporting time zone, on which the run stands. -#}
    (select {{ to_reporting_date("as_of") }} from {{ source("control", "run") }})
{%- endmacro %}

{% macro is_mature(period_start, part) -%}
    {#- Whether the last day of the period lies at least maturity_days before the as-of day. -#}
    (
        {{ dbt.dateadd("day", "cast(" ~ setting("maturity_days") ~ " as integer)", dbt.last_day(period_start, part)) }}
        <= {{ as_of_day() }}
    )
{%- endmacro %}

{% macro percentile(value, fraction) -%}
    {#- Continuous percentile (linear interpolation) of the values that are not null. -#}
    cast(percentile_cont({{ fraction }}) within group (order by {{ value }}) as double)
{%- endmacro %}

{% macro count_if(condition) -%}
    cast(coalesce(sum(case when {{ condition }} then 1 else 0 end), 0) as bigint)
{%- endmacro %}

{% macro sum_if(value, condition) -%}
    cast(coalesce(sum(case when {{ condition }} then {{ value }} end), 0) as decimal(18, 2))
{%- endmacro %}

{% macro theme_types() -%}
    {#- Where the theme of a group of objections was written. -#}
    concat_ws(
        ', ',
        max(case when is_competitor then 'competitor' end),
        max(case when is_disposition then 'disposition' end),
        max(case when is_loss_reason then 'loss_reason' end)
    )
{%- endmacro %}

{% macro attainment() -%}
    {#- Actual / target of a row of a plan; target / actual where lower is better. -#}
    case when better = 'lower' then {{ rate("target", "actual") }} else {{ rate("actual", "target") }} end
{%- endmacro %}

{% macro plan_status() -%}
    {#- Where a row of a plan stands against its paced target; null where one of the two is missing. Equal but for what
        dividing leaves in the last digits is on plan. -#}
    case
        when actual is null or paced_target is null
        then null
        when abs(actual - paced_target) <= 1e-9 * greatest(abs(paced_target), 1)
        then 'on_plan'
        when (actual > paced_target) = (better = 'higher')
        then 'ahead'
        else 'behind'
    end
{%- endmacro %}

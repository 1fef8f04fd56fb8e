-- Grain: one row per (month, metric) of the agreed targets. What adds up is held against the target prorated by
-- working days (the as-of day counts as worked); rates, medians and costs against the target itself. Where lower is
-- better the attainment is target / actual. Months to come have no actual, and a target on a name the dictionary does
-- not know has none either.
with
    targets as (select * from {{ ref("stg_definitions__targets") }}),

    actuals as (select * from {{ ref("metric_month") }}),

    dictionary as (select * from {{ ref("metric_dictionary") }}),

    working_days as (
        select
            month_start,
            sum(case when is_business_day then 1 else 0 end) as all_days,
            sum(case when is_business_day and date_day <= {{ as_of_day() }} then 1 else 0 end) as days_to_date
        from {{ ref("dim_date") }}
        group by month_start
    ),

    joined as (
        select
            targets.month_start,
            targets.metric,
            cast(targets.value as double) as target,
            actuals.value as actual,
            dictionary.unit,
            coalesce(dictionary.better, 'higher') as better,
            coalesce(dictionary.is_additive, false) as is_additive,
            case
                when targets.month_start > {{ as_of_day() }}
                then null
                when dictionary.is_additive
                then targets.value * coalesce({{ rate("working_days.days_to_date", "working_days.all_days") }}, 1)
                else targets.value
            end as paced_target
        from targets
        left join actuals on targets.month_start = actuals.month_start and targets.metric = actuals.metric
        left join dictionary on targets.metric = dictionary.metric
        left join working_days on targets.month_start = working_days.month_start
    ),

    final as (
        select
            month_start,
            metric,
            target,
            actual,
            {{ attainment() }} as attainment,
            cast(paced_target as double) as paced_target,
            {{ plan_status() }} as status,
            unit,
            better,
            is_additive
        from joined
    )

select *
from final

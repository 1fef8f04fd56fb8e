-- Grain: one row per (calendar quarter, metric) of the agreed targets. What adds up: the targets of the quarter's three
-- months together, and no verdict where one of them has none. Rates, medians and costs: the quarter's own figure
-- against the mean of its months' targets. Where lower is better the attainment is target / actual.
with
    plan as (select * from {{ ref("plan_vs_actual") }}),

    actuals as (select * from {{ ref("metric_quarter") }}),

    targets as (
        select
            {{ period_start("quarter", "month_start") }} as quarter_start,
            metric,
            better,
            is_additive,
            unit,
            cast(count(target) as bigint) as target_months,
            case when is_additive then sum(target) else avg(target) end as target,
            case when is_additive then sum(paced_target) else avg(target) end as paced_target
        from plan
        group by 1, 2, 3, 4, 5
    ),

    joined as (
        select targets.*, actuals.value as actual, not targets.is_additive or targets.target_months = 3 as is_comparable
        from targets
        left join actuals on targets.quarter_start = actuals.quarter_start and targets.metric = actuals.metric
    ),

    final as (
        select
            quarter_start,
            metric,
            target,
            target_months,
            actual,
            case when is_comparable then {{ attainment() }} end as attainment,
            case when quarter_start <= {{ as_of_day() }} then cast(paced_target as double) end as paced_target,
            case when is_comparable then {{ plan_status() }} end as status,
            unit,
            better,
            is_additive
        from joined
    )

select *
from final

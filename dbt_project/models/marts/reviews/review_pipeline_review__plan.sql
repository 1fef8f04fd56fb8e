-- Grain: one row per (month, metric with a target), in the words of the dictionary.
with
    plan as (select * from {{ ref("plan_vs_actual") }}),

    dictionary as (select * from {{ ref("metric_dictionary") }}),

    final as (
        select
            plan.month_start,
            plan.metric,
            coalesce(dictionary.label, plan.metric) as label,
            plan.target,
            plan.paced_target,
            plan.actual,
            plan.attainment,
            plan.status,
            dictionary.kind,
            plan.unit,
            plan.better,
            dictionary.scoreboard_position
        from plan
        left join dictionary on plan.metric = dictionary.metric
    )

select *
from final

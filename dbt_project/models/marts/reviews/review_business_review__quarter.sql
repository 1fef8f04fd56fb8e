-- Grain: one row per (calendar quarter, metric of the scoreboard): the quarter's own figure against plan and against
-- the quarter before.
with
    quarters as (
        select *, lag(value) over (partition by metric order by quarter_start) as prior from {{ ref("metric_quarter") }}
    ),

    board as (select * from {{ ref("metric_dictionary") }} where scoreboard_position is not null),

    plan as (select * from {{ ref("plan_vs_actual_quarter") }}),

    final as (
        select
            quarters.quarter_start,
            quarters.metric,
            board.label,
            quarters.value,
            quarters.prior,
            plan.target,
            plan.paced_target,
            plan.attainment,
            plan.status,
            quarters.unit,
            board.kind,
            quarters.better,
            quarters.is_mature,
            board.scoreboard_position as position
        from quarters
        inner join board on quarters.metric = board.metric
        left join plan on quarters.quarter_start = plan.quarter_start and quarters.metric = plan.metric
    )

select *
from final

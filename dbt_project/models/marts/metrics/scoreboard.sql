{{
    config(
        materialized="incremental",
        incremental_strategy="delete+insert",
        unique_key="as_of_date",
        on_schema_change="append_new_columns",
        full_refresh=false,
        post_hook="{{ forget_standing() }}",
    )
}}
-- Grain: one row per (as_of_date, month, metric of the joint scoreboard). Every night appends what it shows under its
-- as-of day and replaces what it showed under the same day before; earlier days stay, so a restated past is visible. A
-- warehouse rebuilt from nothing has the newest as_of_date only. Hazard: filter one as_of_date (the newest is "now")
-- before anything else.
with
    actuals as (select * from {{ ref("metric_month") }}),

    board as (select * from {{ ref("metric_dictionary") }} where scoreboard_position is not null),

    plan as (select * from {{ ref("plan_vs_actual") }}),

    final as (
        select
            {{ as_of_day() }} as as_of_date,
            actuals.month_start,
            board.metric,
            actuals.value,
            plan.target,
            lag(actuals.value) over (partition by actuals.metric order by actuals.month_start) as prior,
            board.unit,
            board.better,
            'marketing, sales' as owners,
            plan.paced_target,
            plan.attainment,
            plan.status,
            actuals.is_mature,
            board.scoreboard_position as position
        from actuals
        inner join board on actuals.metric = board.metric
        left join plan on actuals.month_start = plan.month_start and actuals.metric = plan.metric
    )

select *
from final

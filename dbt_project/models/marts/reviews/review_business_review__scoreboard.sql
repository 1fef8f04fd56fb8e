-- Grain: one row per (month, metric of the scoreboard), as shown now, beside what was shown when the month had just
-- ended: where the two differ, its leads and deals went on, or late data has restated the month.
with
    shown as (select * from {{ ref("scoreboard") }}),

    newest as (select max(as_of_date) as as_of_date from shown),

    first_shown as (
        select month_start, metric, min(as_of_date) as as_of_date
        from shown
        where as_of_date > {{ dbt.last_day("month_start", "month") }}
        group by month_start, metric
    ),

    dictionary as (select * from {{ ref("metric_dictionary") }}),

    final as (
        select
            {{ period_start("quarter", "shown.month_start") }} as quarter_start,
            shown.month_start,
            shown.metric,
            dictionary.label,
            shown.value,
            shown.target,
            shown.prior,
            shown.unit,
            dictionary.kind,
            shown.better,
            shown.status,
            shown.attainment,
            shown.is_mature,
            shown.position,
            earlier.value as value_first_shown,
            first_shown.as_of_date as first_shown_on
        from shown
        inner join newest on shown.as_of_date = newest.as_of_date
        inner join dictionary on shown.metric = dictionary.metric
        left join first_shown on shown.month_start = first_shown.month_start and shown.metric = first_shown.metric
        left join
            shown as earlier
            on first_shown.month_start = earlier.month_start
            and first_shown.metric = earlier.metric
            and first_shown.as_of_date = earlier.as_of_date
    )

select *
from final

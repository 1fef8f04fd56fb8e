-- Grain: one row per (quarter, theme): loss reasons, competitors and call dispositions. A lead called in several months
-- is one.
-- Hazard: a deal stands under its reason and under its competitor: never sum over themes.
select
    {{ period_start("quarter", "month_start") }} as quarter_start,
    theme,
    {{ theme_types() }} as theme_types,
    count(opportunity_id) as opportunities,
    count(distinct lead_id) as leads,
    cast(coalesce(sum(amount), 0) as decimal(18, 2)) as amount
from {{ ref("metric_objection") }}
where month_start is not null
group by 1, 2

-- Grain: one row per (quarter, theme): loss reasons, competitors and call dispositions of the objections mart.
-- Hazard: a deal stands under its reason and under its competitor: never sum over themes.
select
    {{ period_start("quarter", "month_start") }} as quarter_start,
    theme,
    max(theme_types) as theme_types,
    cast(sum(opportunities) as bigint) as opportunities,
    cast(sum(leads) as bigint) as leads,
    cast(sum(amount) as decimal(18, 2)) as amount
from {{ ref("objections") }}
where month_start is not null
group by 1, 2

-- Grain: one row per (month, lead_source, theme). Lost deals by close month and their loss reason or competitor; leads
-- by the month of a sales activity and its disposition. theme_types names the origins of the theme.
-- Hazard: a deal lost for a reason and to a competitor stands under both themes: never sum over themes.
select
    month_start,
    lead_source,
    theme,
    {{ theme_types() }} as theme_types,
    count(opportunity_id) as opportunities,
    count(lead_id) as leads,
    cast(coalesce(sum(amount), 0) as decimal(18, 2)) as amount
from {{ ref("metric_objection") }}
group by month_start, lead_source, theme

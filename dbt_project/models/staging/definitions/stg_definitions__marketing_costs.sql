-- Grain: one row per month, channel and campaign (or none) as entered; several rows of one key add up.
select
    cast(month as date) as month_start,
    channel,
    nullif(trim(campaign), '') as campaign,
    cast(cost as decimal(18, 2)) as cost
from {{ ref("marketing_costs") }}

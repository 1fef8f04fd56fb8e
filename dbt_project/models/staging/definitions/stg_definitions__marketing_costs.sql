-- Grain: one row per month, channel and campaign (or none) as entered; several rows of one key add up. A channel is
-- spelled as the channel rules spell it.
with rule as (select distinct lower(channel) as channel_key, channel from {{ ref("stg_definitions__channels") }})

select
    cast({{ cell("cost_row.month") }} as date) as month_start,
    coalesce(rule.channel, {{ cell("cost_row.channel") }}) as channel,
    {{ cell("cost_row.campaign") }} as campaign,
    cast({{ cell("cost_row.cost") }} as decimal(18, 2)) as cost
from {{ ref("marketing_costs") }} as cost_row
left join rule on lower({{ cell("cost_row.channel") }}) = rule.channel_key

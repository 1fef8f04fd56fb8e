-- Grain: one row per month, channel and campaign (or none) as entered; several rows of one key add up. A channel is
-- spelled as the channel rules and Handoff itself spell it, one that neither knows in small letters where it is so
-- once.
-- Six decimals, as spend has them: round after summing.
with
    spelled as (
        select lower(channel) as channel_key, channel
        from {{ ref("stg_definitions__channels") }}
        union
        select channel as channel_key, channel
        from (values ('unassigned'), ('unattributed')) as own(channel)
    )

select
    cast({{ cell("cost_row.month") }} as date) as month_start,
    coalesce(spelled.channel, {{ one_spelling("cost_row.channel") }}) as channel,
    {{ cell("cost_row.campaign") }} as campaign,
    cast({{ cell("cost_row.cost") }} as decimal(18, 6)) as cost
from {{ ref("marketing_costs") }} as cost_row
left join spelled on lower({{ cell("cost_row.channel") }}) = spelled.channel_key

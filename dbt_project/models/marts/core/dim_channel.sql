-- Grain: one row per channel that the rules, the cost list or the warehouse itself can name.
with
    channel_rule as (select channel, is_marketing from {{ ref("stg_definitions__channels") }}),

    marketing_cost as (select channel from {{ ref("stg_definitions__marketing_costs") }}),

    named as (
        select channel, cast(is_marketing as integer) as is_marketing
        from channel_rule
        union all
        select marketing_cost.channel, 1 as is_marketing
        from marketing_cost
        where
            marketing_cost.channel not in (select channel from channel_rule)
            and marketing_cost.channel not in ('unattributed', 'unassigned')
        union all
        select channel, 0 as is_marketing
        from (values ('unattributed'), ('unassigned')) as own(channel)
    ),

    final as (select channel, min(is_marketing) = 1 as is_marketing from named group by channel)

select *
from final

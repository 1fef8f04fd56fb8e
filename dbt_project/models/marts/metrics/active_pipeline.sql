-- Grain: one row per day, from the first qualified opportunity to the as-of day: what was open at the end of that day.
-- A deal is open from the day it was qualified until the day before it closed; influenced from its first marketing
-- touch on, so a past day is not changed by a later touch. What is closed and has a close day to come is open until
-- yesterday. Amounts are those of today. Hazard: a stock, not a flow: never sum over days.
with
    opportunities as (
        select
            *,
            coalesce(
                case
                    when is_closed and left_pipeline_on > {{ as_of_day() }} then {{ as_of_day() }} else left_pipeline_on
                end,
                date '9999-12-31'
            ) as left_on,
            case
                when first_marketing_touch_on is not null then greatest(qualified_on, first_marketing_touch_on)
            end as influenced_on
        from {{ ref("metric_opportunity") }}
        where is_qualified and qualified_on is not null
    ),

    movements as (
        select
            qualified_on as day,
            amount,
            case when is_marketing_sourced then amount else 0 end as sourced,
            0 as influenced,
            1 as deals
        from opportunities
        where qualified_on < left_on
        union all
        select
            left_on as day,
            - amount,
            case when is_marketing_sourced then - amount else 0 end as sourced,
            0 as influenced,
            -1 as deals
        from opportunities
        where qualified_on < left_on
        union all
        select influenced_on as day, 0 as amount, 0 as sourced, amount as influenced, 0 as deals
        from opportunities
        where influenced_on < left_on
        union all
        select left_on as day, 0 as amount, 0 as sourced, - amount as influenced, 0 as deals
        from opportunities
        where influenced_on < left_on
    ),

    -- a deal from before the calendar is open on its first day
    daily as (
        select
            greatest(day, (select min(date_day) from {{ ref("dim_date") }})) as day,
            sum(amount) as amount,
            sum(sourced) as sourced,
            sum(influenced) as influenced,
            sum(deals) as deals
        from movements
        group by 1
    ),

    days as (
        select date_day
        from {{ ref("dim_date") }}
        where date_day >= (select min(qualified_on) from opportunities) and date_day <= {{ as_of_day() }}
    ),

    running as (
        select
            days.date_day,
            cast(sum(coalesce(daily.amount, 0)) over (order by days.date_day) as decimal(18, 2)) as open_pipeline,
            cast(sum(coalesce(daily.sourced, 0)) over (order by days.date_day) as decimal(18, 2)) as sourced_pipeline,
            cast(
                sum(coalesce(daily.influenced, 0)) over (order by days.date_day) as decimal(18, 2)
            ) as influenced_pipeline,
            cast(sum(coalesce(daily.deals, 0)) over (order by days.date_day) as bigint) as open_opportunities
        from days
        left join daily on days.date_day = daily.day
    ),

    final as (
        select
            *,
            {{ rate("sourced_pipeline", "open_pipeline") }} as sourced_share,
            {{ rate("influenced_pipeline", "open_pipeline") }} as influenced_share
        from running
    )

select *
from final

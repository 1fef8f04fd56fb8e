-- Grain: one row per (month, channel, campaign). Spend by its day; leads and MQLs by the month the lead was created;
-- qualified opportunities (new business) by the month they were created; customers by the month they closed.
-- Hazard: spend is null, not 0, where nothing was booked on the slice, and so is every cost of it: such rows do not
-- make a channel free.
with
    spend as (
        select {{ period_start("month", "spend_date") }} as month_start, channel, campaign_id, sum(cost) as spend
        from {{ ref("fct_spend") }}
        group by {{ period_start("month", "spend_date") }}, channel, campaign_id
    ),

    leads as (
        select
            {{ period_start("month", "created_on") }} as month_start,
            channel,
            campaign_id,
            count(*) as leads,
            {{ count_if("is_mql") }} as mqls
        from {{ ref("metric_lead") }}
        group by {{ period_start("month", "created_on") }}, channel, campaign_id
    ),

    qualified as (
        select
            {{ period_start("month", "created_on") }} as month_start,
            channel,
            campaign_id,
            count(*) as qualified_opportunities
        from {{ ref("metric_opportunity") }}
        where is_qualified and is_new_business
        group by {{ period_start("month", "created_on") }}, channel, campaign_id
    ),

    customers as (
        select {{ period_start("month", "closed_on") }} as month_start, channel, campaign_id, count(*) as customers
        from {{ ref("metric_opportunity") }}
        where is_customer_win
        group by {{ period_start("month", "closed_on") }}, channel, campaign_id
    ),

    stacked as (
        select
            month_start,
            channel,
            campaign_id,
            spend,
            0 as leads,
            0 as mqls,
            0 as qualified_opportunities,
            0 as customers
        from spend
        union all
        select
            month_start, channel, campaign_id, null as spend, leads, mqls, 0 as qualified_opportunities, 0 as customers
        from leads
        union all
        select
            month_start,
            channel,
            campaign_id,
            null as spend,
            0 as leads,
            0 as mqls,
            qualified_opportunities,
            0 as customers
        from qualified
        union all
        select
            month_start,
            channel,
            campaign_id,
            null as spend,
            0 as leads,
            0 as mqls,
            0 as qualified_opportunities,
            customers
        from customers
    ),

    summed as (
        select
            month_start,
            channel,
            campaign_id,
            sum(spend) as exact_spend,
            cast(sum(leads) as bigint) as leads,
            cast(sum(mqls) as bigint) as mqls,
            cast(sum(qualified_opportunities) as bigint) as qualified_opportunities,
            cast(sum(customers) as bigint) as customers
        from stacked
        group by month_start, channel, campaign_id
    ),

    final as (
        select
            month_start,
            channel,
            campaign_id,
            cast(exact_spend as decimal(18, 2)) as spend,
            leads,
            mqls,
            qualified_opportunities,
            customers,
            {{ rate("nullif(exact_spend, 0)", "leads") }} as cost_per_lead,
            {{ rate("nullif(exact_spend, 0)", "mqls") }} as cost_per_mql,
            {{ rate("nullif(exact_spend, 0)", "qualified_opportunities") }} as cost_per_qualified_opportunity,
            {{ rate("nullif(exact_spend, 0)", "customers") }} as cost_per_customer
        from summed
    )

select *
from final

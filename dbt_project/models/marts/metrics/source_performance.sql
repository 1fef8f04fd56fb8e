-- Grain: one row per (quarter, lead_source). Wins, losses, cycles: new business, by close quarter. Revenue: all types,
-- by close quarter. SQLs and rejected leads: cohorts by the quarter the lead was created in; is_mature speaks of
-- those.
-- Hazard: medians, means and rates are of this row and cannot be averaged over sources or quarters.
with
    opportunities as (select * from {{ ref("metric_opportunity") }} where is_closed),

    leads as (select * from {{ ref("metric_lead") }}),

    closed as (
        select
            {{ period_start("quarter", "closed_on") }} as quarter_start,
            lead_source,
            {{ count_if("is_won and is_new_business") }} as won,
            {{ count_if("not is_won and is_new_business") }} as lost,
            {{ sum_if("amount", "is_won and is_new_business") }} as won_amount,
            {{ sum_if("amount", "not is_won and is_new_business") }} as lost_amount,
            {{ percentile("case when is_new_business then lead_to_won_days end", 0.5) }} as median_lead_to_won_days,
            cast(avg(case when is_new_business then lead_to_won_days end) as double) as mean_lead_to_won_days,
            {{ percentile("case when is_new_business then lead_to_won_days end", 0.9) }} as p90_lead_to_won_days,
            {{ percentile("case when is_new_business then opportunity_cycle_days end", 0.5) }}
            as median_opportunity_cycle_days,
            cast(
                avg(case when is_new_business then opportunity_cycle_days end) as double
            ) as mean_opportunity_cycle_days,
            {{ percentile("case when is_new_business then opportunity_cycle_days end", 0.9) }}
            as p90_opportunity_cycle_days,
            {{ sum_if("amount", "is_won") }} as revenue
        from opportunities
        group by {{ period_start("quarter", "closed_on") }}, lead_source
    ),

    cohorts as (
        select
            {{ period_start("quarter", "created_on") }} as quarter_start,
            lead_source,
            {{ count_if("is_sql") }} as sqls,
            {{ count_if("is_sql and is_customer") }} as sql_customers,
            {{ count_if("is_rejected") }} as rejected,
            {{ count_if("is_recycled_to_opportunity") }} as recycled_opportunities
        from leads
        group by {{ period_start("quarter", "created_on") }}, lead_source
    ),

    slices as (
        select quarter_start, lead_source
        from closed
        union
        select quarter_start, lead_source
        from cohorts
    ),

    final as (
        select
            slices.quarter_start,
            slices.lead_source,
            coalesce(closed.won, 0) as won,
            coalesce(closed.lost, 0) as lost,
            {{ rate("closed.won", "closed.won + closed.lost") }} as win_rate_count,
            coalesce(closed.won_amount, 0) as won_amount,
            coalesce(closed.lost_amount, 0) as lost_amount,
            {{ rate("closed.won_amount", "closed.won_amount + closed.lost_amount") }} as win_rate_amount,
            closed.median_lead_to_won_days,
            closed.mean_lead_to_won_days,
            closed.p90_lead_to_won_days,
            closed.median_opportunity_cycle_days,
            closed.mean_opportunity_cycle_days,
            closed.p90_opportunity_cycle_days,
            coalesce(closed.revenue, 0) as revenue,
            coalesce(cohorts.sqls, 0) as sqls,
            coalesce(cohorts.sql_customers, 0) as sql_customers,
            {{ rate("cohorts.sql_customers", "cohorts.sqls") }} as sql_to_customer_rate,
            coalesce(cohorts.rejected, 0) as rejected,
            coalesce(cohorts.recycled_opportunities, 0) as recycled_opportunities,
            {{ rate("cohorts.recycled_opportunities", "cohorts.rejected") }} as recycled_conversion_rate,
            {{ is_mature("slices.quarter_start", "quarter") }} as is_mature
        from slices
        left join
            closed
            on slices.quarter_start is not distinct from closed.quarter_start
            and slices.lead_source is not distinct from closed.lead_source
        left join
            cohorts
            on slices.quarter_start is not distinct from cohorts.quarter_start
            and slices.lead_source is not distinct from cohorts.lead_source
    )

select *
from final

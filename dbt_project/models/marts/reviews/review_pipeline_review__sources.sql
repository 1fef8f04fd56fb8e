-- Grain: one row per (month, lead_source): what entered, what its cohort converted to by now, what sales said of it
-- that month, what it made.
-- Hazard: columns follow different dates: leads and rates the month of creation, decisions the month of the decision,
-- wins the close month.
with
    cohorts as (
        select
            cohort_month as month_start,
            coalesce(lead_source, 'no source') as lead_source,
            sum(leads) as leads,
            sum(mqls) as mqls,
            sum(sqls) as sqls,
            sum(opportunities) as opportunities,
            {{ rate("sum(mqls)", "sum(leads)") }} as mql_rate,
            {{ rate("sum(opportunities)", "sum(leads)") }} as lead_to_opportunity_rate
        from {{ ref("lead_funnel") }}
        group by 1, 2
    ),

    decisions as (
        select
            {{ period_start("month", "decided_on") }} as month_start,
            coalesce(lead_source, 'no source') as lead_source,
            count(*) as decided,
            {{ count_if("decision = 'rejected'") }} as rejected
        from {{ ref("metric_handoff") }}
        where decision is not null
        group by 1, 2
    ),

    pipeline as (
        select
            {{ period_start("month", "created_on") }} as month_start,
            coalesce(lead_source, 'no source') as lead_source,
            sum(amount) as pipeline_created,
            sum(case when is_marketing_sourced then amount else 0 end) as pipeline_sourced,
            sum(case when is_marketing_influenced_pipeline then amount else 0 end) as pipeline_influenced
        from {{ ref("metric_opportunity") }}
        where is_qualified
        group by 1, 2
    ),

    revenue as (
        select
            month_start,
            coalesce(lead_source, 'no source') as lead_source,
            sum(revenue) as revenue,
            sum(customers) as customers
        from {{ ref("revenue_by_source") }}
        group by 1, 2
    ),

    slices as (
        select month_start, lead_source
        from cohorts
        union
        select month_start, lead_source
        from decisions
        union
        select month_start, lead_source
        from pipeline
        union
        select month_start, lead_source
        from revenue
    ),

    final as (
        select
            slices.month_start,
            slices.lead_source,
            cast(coalesce(cohorts.leads, 0) as bigint) as leads,
            cast(coalesce(cohorts.mqls, 0) as bigint) as mqls,
            cast(coalesce(cohorts.sqls, 0) as bigint) as sqls,
            cast(coalesce(cohorts.opportunities, 0) as bigint) as opportunities,
            cohorts.mql_rate,
            cohorts.lead_to_opportunity_rate,
            cast(coalesce(decisions.decided, 0) as bigint) as decided,
            cast(coalesce(decisions.rejected, 0) as bigint) as rejected,
            {{ rate("decisions.rejected", "decisions.decided") }} as rejection_rate,
            cast(coalesce(pipeline.pipeline_created, 0) as decimal(18, 2)) as pipeline_created,
            cast(coalesce(pipeline.pipeline_sourced, 0) as decimal(18, 2)) as pipeline_sourced,
            cast(coalesce(pipeline.pipeline_influenced, 0) as decimal(18, 2)) as pipeline_influenced,
            cast(coalesce(revenue.revenue, 0) as decimal(18, 2)) as revenue,
            cast(coalesce(revenue.customers, 0) as bigint) as customers
        from slices
        left join cohorts on slices.month_start = cohorts.month_start and slices.lead_source = cohorts.lead_source
        left join decisions on slices.month_start = decisions.month_start and slices.lead_source = decisions.lead_source
        left join pipeline on slices.month_start = pipeline.month_start and slices.lead_source = pipeline.lead_source
        left join revenue on slices.month_start = revenue.month_start and slices.lead_source = revenue.lead_source
        where slices.month_start is not null
    )

select *
from final

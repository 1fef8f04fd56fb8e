-- Grain: one row per (week, lead_source) with a lead or a win: what came in and what was won, beside the mean of the
-- four weeks before.
with
    leads as (
        select
            {{ period_start("week", "created_on") }} as week_start,
            coalesce(lead_source, 'no source') as lead_source,
            count(*) as leads
        from {{ ref("metric_lead") }}
        group by 1, 2
    ),

    wins as (
        select
            {{ period_start("week", "closed_on") }} as week_start,
            coalesce(lead_source, 'no source') as lead_source,
            count(*) as wins,
            sum(amount) as revenue
        from {{ ref("metric_opportunity") }}
        where is_won
        group by 1, 2
    ),

    counted as (
        select
            coalesce(leads.week_start, wins.week_start) as week_start,
            coalesce(leads.lead_source, wins.lead_source) as lead_source,
            coalesce(leads.leads, 0) as leads,
            coalesce(wins.wins, 0) as wins,
            coalesce(wins.revenue, 0) as revenue
        from leads
        full outer join wins on leads.week_start = wins.week_start and leads.lead_source = wins.lead_source
    ),

    final as (
        select
            counted.week_start,
            counted.lead_source,
            cast(max(counted.leads) as bigint) as leads,
            cast(max(counted.wins) as bigint) as wins,
            cast(max(counted.revenue) as decimal(18, 2)) as revenue,
            cast(coalesce(sum(before.leads), 0) as double) / 4 as mean_leads_before,
            cast(coalesce(sum(before.wins), 0) as double) / 4 as mean_wins_before
        from counted
        left join
            counted as before
            on counted.lead_source = before.lead_source
            and before.week_start < counted.week_start
            and before.week_start >= {{ dbt.dateadd("day", -28, "counted.week_start") }}
        group by counted.week_start, counted.lead_source
    )

select *
from final

-- Grain: one row per (week, lead_source) with a lead or a win in the week or in the four before: what came in and what
-- was won, beside the mean of these four.
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

    -- a week with nothing yet is held against the four before it too
    weeks as (
        select distinct cast({{ dbt.dateadd("day", "7 * later.weeks", "counted.week_start") }} as date) as week_start
        from counted
        cross join
            (
                select 0 as weeks
                {% for weeks in range(1, 5) %}
                    union all
                    select {{ weeks }} as weeks
                {% endfor %}
            ) as later
        where {{ dbt.dateadd("day", "7 * later.weeks", "counted.week_start") }} <= {{ as_of_day() }}
    ),

    before as (
        select
            weeks.week_start,
            counted.lead_source,
            cast(sum(counted.leads) as double) / 4 as mean_leads,
            cast(sum(counted.wins) as double) / 4 as mean_wins
        from weeks
        inner join
            counted
            on counted.week_start < weeks.week_start
            and counted.week_start >= {{ dbt.dateadd("day", -28, "weeks.week_start") }}
        group by weeks.week_start, counted.lead_source
    ),

    final as (
        select
            coalesce(counted.week_start, before.week_start) as week_start,
            coalesce(counted.lead_source, before.lead_source) as lead_source,
            cast(coalesce(counted.leads, 0) as bigint) as leads,
            cast(coalesce(counted.wins, 0) as bigint) as wins,
            cast(coalesce(counted.revenue, 0) as decimal(18, 2)) as revenue,
            coalesce(before.mean_leads, 0) as mean_leads_before,
            coalesce(before.mean_wins, 0) as mean_wins_before
        from counted
        full outer join before on counted.week_start = before.week_start and counted.lead_source = before.lead_source
    )

select *
from final

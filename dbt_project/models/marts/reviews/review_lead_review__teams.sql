-- Grain: one row per (week of the first handoff, team), and one per week for all teams: the service level of the mart,
-- summed up from handoffs.
-- Hazard: the row of all teams (`is_all_teams`, team `all`) repeats the teams.
with
    handoffs as (
        select *, {{ period_start("week", "handed_off_on") }} as week_start
        from {{ ref("metric_handoff") }}
        where is_first
    ),

    teams as (
        select
            week_start,
            coalesce(team, 'no team') as team,
            false as is_all_teams,
            response_hours,
            is_answered,
            is_within_sla
        from handoffs
        union all
        select week_start, 'all' as team, true as is_all_teams, response_hours, is_answered, is_within_sla
        from handoffs
    ),

    final as (
        select
            week_start,
            team,
            is_all_teams,
            cast(count(*) as bigint) as handed_off,
            {{ count_if("is_answered") }} as answered,
            {{ count_if("is_within_sla") }} as within_sla,
            {{ count_if("not is_within_sla") }} as late,
            {{ rate("sum(case when is_within_sla then 1 else 0 end)", "count(is_within_sla)") }} as sla_attainment,
            {{ percentile("response_hours", 0.5) }} as median_response_hours
        from teams
        group by week_start, team, is_all_teams
    )

select *
from final

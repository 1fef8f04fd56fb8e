-- Grain: one row per (week of the first handoff, lead_source, owner at the handoff). Weeks start on Monday.
-- Hazard: medians and percentiles are of this row's answered leads; they cannot be averaged over rows.
with
    handoffs as (select * from {{ ref("metric_handoff") }} where is_first),

    counted as (
        select
            {{ period_start("week", "handed_off_on") }} as week_start,
            lead_source,
            owner_id,
            max(team) as team,
            cast(count(*) as bigint) as handed_off,
            {{ count_if("is_answered") }} as answered,
            {{ count_if("not is_answered and not is_within_sla") }} as lapsed_unanswered,
            {{ count_if("is_within_sla") }} as within_sla,
            {{ percentile("response_hours", 0.5) }} as median_response_hours,
            {{ percentile("response_hours", 0.9) }} as p90_response_hours,
            {{ percentile("response_business_hours", 0.5) }} as median_response_business_hours,
            {{ percentile("response_business_hours", 0.9) }} as p90_response_business_hours
        from handoffs
        group by {{ period_start("week", "handed_off_on") }}, lead_source, owner_id
    ),

    final as (select *, {{ rate("within_sla", "answered + lapsed_unanswered") }} as sla_attainment from counted)

select *
from final

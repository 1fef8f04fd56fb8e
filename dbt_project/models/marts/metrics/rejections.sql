-- Grain: one row per (week of the decision, lead_source, campaign, reason) with at least one rejection.
-- Hazard: decided is that of the week, source and campaign and repeats on every reason's row: never sum it over
-- reasons.
with
    decisions as (select * from {{ ref("metric_handoff") }} where decision is not null),

    by_reason as (
        select
            {{ period_start("week", "decided_on") }} as week_start,
            lead_source,
            campaign_id,
            case when decision = 'rejected' then coalesce(rejection_reason, 'missing') end as reason,
            cast(count(*) as bigint) as decisions
        from decisions
        group by 1, 2, 3, 4
    ),

    with_total as (
        select
            week_start,
            lead_source,
            campaign_id,
            reason,
            decisions as rejected,
            cast(sum(decisions) over (partition by week_start, lead_source, campaign_id) as bigint) as decided
        from by_reason
    ),

    final as (select *, {{ rate("rejected", "decided") }} as rejection_rate from with_total where reason is not null)

select *
from final

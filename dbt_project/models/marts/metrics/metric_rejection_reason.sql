-- Grain: one row per (day of the decision, lead_source, campaign, reason), for every reason that was ever given, also
-- where it was not: so that decided adds up over days, sources and campaigns for each reason. For the semantic layer;
-- metrics.rejections has the rows that occurred.
-- Hazard: decided repeats on every reason's row: group by or filter one reason.
with
    decisions as (
        select
            decided_on,
            lead_source,
            campaign_id,
            case when decision = 'rejected' then coalesce(rejection_reason, 'missing') end as reason
        from {{ ref("metric_handoff") }}
        where decision is not null
    ),

    slices as (
        select decided_on, lead_source, campaign_id, count(*) as decided
        from decisions
        group by decided_on, lead_source, campaign_id
    ),

    counted as (
        select decided_on, lead_source, campaign_id, reason, count(*) as rejected
        from decisions
        where reason is not null
        group by decided_on, lead_source, campaign_id, reason
    ),

    reasons as (select distinct reason from counted),

    final as (
        select
            slices.decided_on,
            slices.lead_source,
            slices.campaign_id,
            reasons.reason,
            cast(coalesce(counted.rejected, 0) as bigint) as rejected,
            cast(slices.decided as bigint) as decided
        from slices
        cross join reasons
        left join
            counted
            on slices.decided_on = counted.decided_on
            and slices.lead_source is not distinct from counted.lead_source
            and slices.campaign_id is not distinct from counted.campaign_id
            and reasons.reason = counted.reason
    )

select *
from final

-- Grain: one row per (week of the decision, dimension, value): the whole week, each lead source, campaign and reason,
-- against the four weeks before. Hazard: a reason's rows share the week's decisions as their denominator; the
-- dimensions cut the same decisions anew.
with
    decisions as (
        select
            {{ period_start("week", "handoffs.decided_on") }} as week_start,
            coalesce(handoffs.lead_source, 'no source') as lead_source,
            coalesce(campaigns.name, handoffs.campaign_id, 'no campaign') as campaign,
            case when handoffs.decision = 'rejected' then coalesce(handoffs.rejection_reason, 'missing') end as reason
        from {{ ref("metric_handoff") }} as handoffs
        left join {{ ref("dim_campaign") }} as campaigns on handoffs.campaign_id = campaigns.campaign_id
        where handoffs.decision is not null
    ),

    weekly as (select week_start, count(reason) as rejected, count(*) as decided from decisions group by week_start),

    counted as (
        select week_start, 'all' as dimension, 'all' as value, rejected, decided
        from weekly
        union all
        select week_start, 'source' as dimension, lead_source as value, count(reason) as rejected, count(*) as decided
        from decisions
        group by week_start, lead_source
        union all
        select week_start, 'campaign' as dimension, campaign as value, count(reason) as rejected, count(*) as decided
        from decisions
        group by week_start, campaign
        union all
        select
            decisions.week_start,
            'reason' as dimension,
            decisions.reason as value,
            count(*) as rejected,
            max(weekly.decided) as decided
        from decisions
        inner join weekly on decisions.week_start = weekly.week_start
        where decisions.reason is not null
        group by decisions.week_start, decisions.reason
    ),

    before as (
        select
            weekly.week_start,
            counted.dimension,
            counted.value,
            sum(counted.rejected) as rejected,
            sum(counted.decided) as decided
        from weekly
        inner join
            counted
            on counted.week_start < weekly.week_start
            and counted.week_start >= {{ dbt.dateadd("day", -28, "weekly.week_start") }}
        group by weekly.week_start, counted.dimension, counted.value
    ),

    decided_before as (select week_start, decided from before where dimension = 'all'),

    final as (
        select
            counted.week_start,
            counted.dimension,
            counted.value,
            cast(counted.rejected as bigint) as rejected,
            cast(counted.decided as bigint) as decided,
            {{ rate("counted.rejected", "counted.decided") }} as rejection_rate,
            cast(coalesce(before.rejected, 0) as bigint) as rejected_before,
            cast(
                coalesce(
                    case when counted.dimension = 'reason' then decided_before.decided else before.decided end, 0
                ) as bigint
            ) as decided_before,
            {{
                rate(
                    "coalesce(before.rejected, 0)",
                    "case when counted.dimension = 'reason' then decided_before.decided else before.decided end",
                )
            }} as rejection_rate_before
        from counted
        left join
            before
            on counted.week_start = before.week_start
            and counted.dimension = before.dimension
            and counted.value = before.value
        left join decided_before on counted.week_start = decided_before.week_start
    )

select *
from final

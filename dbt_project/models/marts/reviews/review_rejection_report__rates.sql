-- Grain: one row per (week of the decision, dimension, value): the whole week, each lead source, campaign and reason,
-- against the four weeks before; what was decided on only then has a row with none, also in a week without a decision.
-- A campaign is its id: several may have one name.
-- Hazard: a reason's rows share the week's decisions as their denominator; the dimensions cut the same decisions anew.
with
    decisions as (
        select
            {{ period_start("week", "handoffs.decided_on") }} as week_start,
            coalesce(handoffs.lead_source, 'no source') as lead_source,
            coalesce(handoffs.campaign_id, 'no campaign') as campaign,
            case when handoffs.decision = 'rejected' then coalesce(handoffs.rejection_reason, 'missing') end as reason
        from {{ ref("metric_handoff") }} as handoffs
        where handoffs.decision is not null
    ),

    campaigns as (select 'campaign' as dimension, campaign_id, name from {{ ref("dim_campaign") }}),

    weekly as (select week_start, count(reason) as rejected, count(*) as decided from decisions group by week_start),

    weeks as (
        select distinct cast({{ dbt.dateadd("day", "7 * later.weeks", "weekly.week_start") }} as date) as week_start
        from weekly
        cross join
            (
                select 0 as weeks
                {% for weeks in range(1, 5) %}
                    union all
                    select {{ weeks }} as weeks
                {% endfor %}
            ) as later
        where {{ dbt.dateadd("day", "7 * later.weeks", "weekly.week_start") }} <= {{ as_of_day() }}
    ),

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
            weeks.week_start,
            counted.dimension,
            counted.value,
            sum(counted.rejected) as rejected,
            sum(counted.decided) as decided
        from weeks
        inner join
            counted
            on counted.week_start < weeks.week_start
            and counted.week_start >= {{ dbt.dateadd("day", -28, "weeks.week_start") }}
        group by weeks.week_start, counted.dimension, counted.value
    ),

    -- what was rejected before and not this week has a row too
    shown as (
        select week_start, dimension, value
        from counted
        union
        select week_start, dimension, value
        from before
    ),

    whole as (
        select weeks.week_start, coalesce(weekly.decided, 0) as decided, before.decided as decided_before
        from weeks
        left join weekly on weeks.week_start = weekly.week_start
        left join before on weeks.week_start = before.week_start and before.dimension = 'all'
    ),

    compared as (
        select
            shown.week_start,
            shown.dimension,
            shown.value,
            coalesce(counted.rejected, 0) as rejected,
            case when shown.dimension = 'reason' then whole.decided else coalesce(counted.decided, 0) end as decided,
            coalesce(before.rejected, 0) as rejected_before,
            coalesce(
                case when shown.dimension = 'reason' then whole.decided_before else before.decided end, 0
            ) as decided_before
        from shown
        inner join whole on shown.week_start = whole.week_start
        left join
            counted
            on shown.week_start = counted.week_start
            and shown.dimension = counted.dimension
            and shown.value = counted.value
        left join
            before
            on shown.week_start = before.week_start
            and shown.dimension = before.dimension
            and shown.value = before.value
    ),

    final as (
        select
            compared.week_start,
            compared.dimension,
            coalesce(campaigns.name, compared.value) as value,
            case
                when compared.dimension = 'campaign' and compared.value <> 'no campaign' then compared.value
            end as campaign_id,
            cast(compared.rejected as bigint) as rejected,
            cast(compared.decided as bigint) as decided,
            {{ rate("compared.rejected", "compared.decided") }} as rejection_rate,
            cast(compared.rejected_before as bigint) as rejected_before,
            cast(compared.decided_before as bigint) as decided_before,
            {{ rate("compared.rejected_before", "compared.decided_before") }} as rejection_rate_before
        from compared
        left join campaigns on compared.dimension = campaigns.dimension and compared.value = campaigns.campaign_id
    )

select *
from final

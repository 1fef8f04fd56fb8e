-- Grain: one row per (month of the decision, lead_source, verdict): what sales says of the leads of a source.
-- `verdict` is `accepted` or the reason of the rejection; decided is the source's and repeats on its verdicts.
with
    decisions as (
        select
            {{ period_start("month", "decided_on") }} as month_start,
            coalesce(lead_source, 'no source') as lead_source,
            case when decision = 'rejected' then coalesce(rejection_reason, 'missing') else decision end as verdict
        from {{ ref("metric_handoff") }}
        where decision is not null
    ),

    counted as (
        select month_start, lead_source, verdict, cast(count(*) as bigint) as decisions
        from decisions
        group by month_start, lead_source, verdict
    ),

    final as (
        select
            month_start,
            lead_source,
            verdict,
            decisions,
            cast(sum(decisions) over (partition by month_start, lead_source) as bigint) as decided,
            {{
                rate(
                    "sum(case when verdict <> 'accepted' then decisions else 0 end) over (partition by month_start, lead_source)",
                    "sum(decisions) over (partition by month_start, lead_source)",
                )
            }}
            as rejection_rate
        from counted
        where month_start is not null
    )

select *
from final

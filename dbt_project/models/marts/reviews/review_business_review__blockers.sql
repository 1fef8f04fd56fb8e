-- Grain: one row per (quarter, blocker): what stood between a lead and a deal, counted.
with
    counted as (
        select
            {{ period_start("quarter", "handed_off_on") }} as quarter_start,
            'Answered or left past the SLA' as blocker,
            count(*) as cases
        from {{ ref("metric_handoff") }}
        where is_first and not is_within_sla
        group by 1
        union all
        select
            {{ period_start("quarter", "decided_on") }} as quarter_start,
            'Rejected without agreed reason' as blocker,
            count(*) as cases
        from {{ ref("metric_handoff") }}
        where decision = 'rejected' and coalesce(rejection_reason, 'missing') in ('missing', 'unmapped')
        group by 1
        union all
        select
            {{ period_start("quarter", "month_start") }} as quarter_start,
            'Handed off outside the ICP' as blocker,
            sum(credits) as cases
        from {{ ref("lead_guarantee") }}
        group by 1
        union all
        select
            {{ period_start("quarter", "delivered_on") }} as quarter_start,
            'Incomplete and still held' as blocker,
            count(*) as cases
        from {{ ref("metric_lead_delivery") }}
        where not is_admitted
        group by 1
    ),

    final as (
        select quarter_start, blocker, cast(cases as bigint) as cases
        from counted
        where quarter_start is not null and cases > 0
    )

select *
from final

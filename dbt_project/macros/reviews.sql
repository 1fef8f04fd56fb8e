{% macro blockers_by(part) -%}
    {#- What stood between a lead and a deal: leads by period (`week`, `quarter`) and kind. -#}
    {%- set start = part ~ "_start" -%}
    with
        counted as (
            select
                {{ period_start(part, "handed_off_on") }} as {{ start }},
                'Answered or left past the SLA' as blocker,
                count(*) as cases
            from {{ ref("metric_handoff") }}
            where is_first and not is_within_sla
            group by 1
            union all
            select
                {{ period_start(part, "decided_on") }} as {{ start }},
                'Rejected without agreed reason' as blocker,
                count(distinct lead_id) as cases
            from {{ ref("metric_handoff") }}
            where decision = 'rejected' and coalesce(rejection_reason, 'missing') in ('missing', 'unmapped')
            group by 1
            union all
            select
                {{ period_start(part, "handed_off_on") }} as {{ start }},
                'Handed off outside the ICP' as blocker,
                count(*) as cases
            from {{ ref("metric_handoff") }}
            where is_first and not is_icp_fit
            group by 1
            union all
            select
                {{ period_start(part, "delivered_on") }} as {{ start }},
                'Incomplete and still held' as blocker,
                count(*) as cases
            from {{ ref("metric_lead_delivery") }}
            where not is_admitted
            group by 1
        ),

        final as (
            select {{ start }}, blocker, cast(cases as bigint) as cases
            from counted
            where {{ start }} is not null and cases > 0
        )

    select *
    from final
{%- endmacro %}

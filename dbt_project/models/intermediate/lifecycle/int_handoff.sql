-- Grain: one row per lead and handoff: what became of it (int_handoff_outcome), and whether the SLA was kept.
-- Unanswered handoffs are within the SLA: null until it lapses, then false. Hours that go on growing are not kept here,
-- or every lead would be made anew each night: the queue counts them.
with
    handoff as (select * from {{ ref("int_handoff_outcome") }}),

    {{ business_now() }},

    elapsed as (
        select
            handoff.*,
            case
                handoff.sla_clock
                when 'business'
                then (business_now.business_seconds - handoff.handed_off_business_seconds) / 3600.0
                else {{ seconds_between("handoff.handed_off_at", as_of()) }} / 3600.0
            end as elapsed_hours
        from handoff
        cross join business_now
    ),

    final as (
        select
            lead_id,
            handoff_number,
            handed_off_at,
            next_handed_off_at,
            evidence,
            owner_id,
            sla_hours,
            sla_clock,
            response_at,
            response_type,
            response_hours,
            response_business_hours,
            handed_off_business_seconds,
            case
                when response_at is not null
                then case sla_clock when 'business' then response_business_hours else response_hours end <= sla_hours
                when elapsed_hours > sla_hours
                then false
            end as is_within_sla,
            response_at is null and coalesce(elapsed_hours > sla_hours, false) as is_sla_lapsed,
            decision,
            decided_at,
            rejection_reason,
            rejection_reason_text,
            is_icp_fit,
            icp_reasons
        from elapsed
    )

select *
from final

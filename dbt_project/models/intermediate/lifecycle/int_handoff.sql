-- Grain: one row per lead and handoff: what became of it (int_handoff_outcome), and whether the SLA was kept.
-- Unanswered handoffs are within the SLA: null until it lapses, then false. Hours that go on growing are not kept here,
-- or every lead would be made anew each night: the queue counts them.
with
    handoff as (select * from {{ ref("int_handoff_outcome") }}),

    {{ business_now() }},

    final as (
        select
            handoff.*,
            case
                when handoff.response_at is not null
                then
                    case
                        handoff.sla_clock
                        when 'business'
                        then handoff.response_business_hours
                        else handoff.response_hours
                    end
                    <= handoff.sla_hours
                when
                    case
                        handoff.sla_clock
                        when 'business'
                        then (business_now.business_seconds - handoff.handed_off_business_seconds) / 3600.0
                        else {{ seconds_between("handoff.handed_off_at", as_of()) }} / 3600.0
                    end
                    > handoff.sla_hours
                then false
            end as is_within_sla
        from handoff
        cross join business_now
    )

select *
from final

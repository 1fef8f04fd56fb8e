-- Grain: one row per lead and handoff: what became of it (int_handoff_outcome), and whether the SLA was kept.
-- Unanswered handoffs are within the SLA: null until it lapses, then false. Hours that go on growing are not kept here,
-- or every lead would be made anew each night: the queue counts them.
with
    handoff as (select * from {{ ref("int_handoff_outcome") }}),

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
                when lapse.lead_id is not null
                then false
            end as is_within_sla
        from handoff
        left join
            {{ ref("int_sla_lapse") }} as lapse
            on handoff.lead_id = lapse.lead_id
            and handoff.handoff_number = lapse.handoff_number
    )

select *
from final

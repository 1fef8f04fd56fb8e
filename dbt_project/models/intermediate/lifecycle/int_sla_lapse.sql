-- Grain: one row per handoff that nobody answered and whose SLA has lapsed by now.
with
    {{ business_now() }},

    final as (
        select lead_id, handoff_number
        from {{ ref("int_handoff_outcome") }}
        where
            response_at is null
            and case
                sla_clock
                when 'business'
                then ((select business_seconds from business_now) - handed_off_business_seconds) / 3600.0
                else {{ seconds_between("handed_off_at", as_of()) }} / 3600.0
            end
            > sla_hours
    )

select *
from final

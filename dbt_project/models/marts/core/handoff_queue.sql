-- Grain: one row per lead whose latest handoff has no decision yet: who waits, how long, and what a seller should know.
with
    waiting as (select * from {{ ref("int_handoff_waiting") }}),

    {{ business_now() }},

    final as (
        select
            waiting.lead_id,
            waiting.handoff_number,
            waiting.owner_id,
            waiting.handoff_owner_id,
            waiting.handed_off_at,
            {{ seconds_between("waiting.handed_off_at", as_of()) }} / 3600.0 as waiting_hours,
            (business_now.business_seconds - waiting.handed_off_business_seconds) / 3600.0 as waiting_business_hours,
            waiting.response_at,
            coalesce(not waiting.is_within_sla, false) as is_sla_lapsed,
            waiting.why_qualified,
            waiting.last_touches,
            cast(score.score as bigint) as score,
            case
                when waiting.response_at is null and coalesce(not waiting.is_within_sla, false)
                then 'Call now: the SLA has lapsed'
                when waiting.response_at is null
                then 'Call or e-mail before the SLA lapses'
                else 'Accept, or reject with a reason'
            end as next_step
        from waiting
        cross join business_now
        left join {{ ref("int_lead_score") }} as score on waiting.lead_id = score.lead_id
    )

select *
from final

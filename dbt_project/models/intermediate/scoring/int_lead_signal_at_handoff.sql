-- Grain: one row per lead that was handed off: its signals as they were at the first handoff. They do not move with the
-- clock, so they are kept apart from those of the leads that still wait for one.
with
    handoff as (select * from {{ ref("int_handoff_outcome") }} where handoff_number = 1),

    leads as (select * from {{ ref("int_lead") }} where lead_id in (select lead_id from handoff)),

    scored as (
        select
            leads.lead_id,
            leads.person_id,
            leads.created_at,
            handoff.handed_off_at as scored_at,
            coalesce(handoff.decision = 'rejected', false) as is_rejected
        from leads
        inner join handoff on leads.lead_id = handoff.lead_id
    ),

    {{ lead_signal() }}

select *
from lead_signal

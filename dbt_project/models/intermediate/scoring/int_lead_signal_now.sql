-- Grain: one row per lead that was not handed off: its signals as they are now.
with
    leads as (
        select * from {{ ref("int_lead") }} where lead_id not in (select lead_id from {{ ref("int_handoff_outcome") }})
    ),

    scored as (select lead_id, person_id, created_at, {{ as_of() }} as scored_at, false as is_rejected from leads),

    {{ lead_signal() }}

select *
from lead_signal

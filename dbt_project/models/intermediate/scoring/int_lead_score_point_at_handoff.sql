-- Grain: one row per lead that was handed off, version and bin that applies to it.
with signal as (select * from {{ ref("int_lead_signal_at_handoff") }}), {{ lead_score_point() }}

select *
from lead_score_point

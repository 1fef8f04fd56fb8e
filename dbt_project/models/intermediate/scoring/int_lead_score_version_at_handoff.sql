-- Grain: one row per lead that was handed off and version.
with
    signal as (select lead_id, scored_at, is_won from {{ ref("int_lead_signal_at_handoff") }}),

    point as (select * from {{ ref("int_lead_score_point_at_handoff") }}),

    {{ lead_score_version() }}

select *
from lead_score_version

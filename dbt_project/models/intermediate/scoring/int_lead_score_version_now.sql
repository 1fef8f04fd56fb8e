-- Grain: one row per lead that was not handed off and version.
with
    signal as (select lead_id, scored_at, is_won from {{ ref("int_lead_signal_now") }}),

    point as (select * from {{ ref("int_lead_score_point_now") }}),

    {{ lead_score_version() }}

select *
from lead_score_version

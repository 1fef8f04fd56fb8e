-- Grain: one row per lead as it was at its scoring time: the first handoff, else the run's now. The training table of
-- the scorecards and what they are applied to. Nothing known only afterwards enters the signals (lead_signal()).
-- is_mature: it was handed off and the horizon of its outcome is over.
{{ config(materialized="view") }}

select
    signal.*,
    true as is_handed_off,
    coalesce(signal.scored_at <= (select mature_until from {{ ref("int_scoring_horizon") }}), false) as is_mature
from {{ ref("int_lead_signal_at_handoff") }} as signal
union all
select signal.*, false as is_handed_off, false as is_mature
from {{ ref("int_lead_signal_now") }} as signal

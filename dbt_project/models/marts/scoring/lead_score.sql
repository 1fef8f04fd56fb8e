-- Grain: one row per lead and version: the rule points in force when the lead was scored, and every learned card.
-- fct_lead shows the row with is_in_force.
select lead_id, version, score, score_band, top_reasons, scored_at, is_handed_off, is_in_force
from {{ ref("int_lead_score_version") }}

-- Grain: one row per lead: its score by the version in force when it was scored.
{{ config(materialized="view") }}

select lead_id, version, score, score_band, top_reasons, scored_at
from {{ ref("int_lead_score_version") }}
where is_in_force

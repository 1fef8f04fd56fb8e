-- Grain: one row per scored lead: its score by the version in force when it was scored. A table without the time of the
-- scoring, which moves every night for whoever was not handed off: what reads the score stands while it does.
select lead_id, score, score_band from {{ ref("int_lead_score_version") }} where is_in_force

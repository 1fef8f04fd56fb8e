-- Grain: one row per lead and version: the rule points in force when it was scored, and every learned card.
-- is_in_force: the version the definitions named when the lead was scored, which fct_lead shows.
{{ config(materialized="view") }}

select
    score.*,
    true as is_handed_off,
    coalesce(score.scored_at <= (select mature_until from {{ ref("int_scoring_horizon") }}), false) as is_mature
from {{ ref("int_lead_score_version_at_handoff") }} as score
union all
select score.*, false as is_handed_off, false as is_mature
from {{ ref("int_lead_score_version_now") }} as score

-- Grain: one row per lead, version and bin that applies to the lead. The sum of points, between 0 and 100, is its
-- score.
{{ config(materialized="view") }}

select *
from {{ ref("int_lead_score_point_at_handoff") }}
union all
select *
from {{ ref("int_lead_score_point_now") }}

-- Grain: one row per lead and stage that the agreed definition says was reached by the run's now: int_lead_criteria_met
-- without what lies ahead. Apart, because this is all that the judgement asks the clock, and the judgement is large.
select lead_id, stage, reached_at from {{ ref("int_lead_criteria_met") }} where reached_at <= {{ as_of() }}

-- Grain: one row per rule of the ideal customer profile that is in force at the run's now: all that the judgement of
-- accounts asks the clock.
select * from {{ ref("stg_definitions__icp") }} where effective_from <= {{ as_of() }} and effective_to > {{ as_of() }}

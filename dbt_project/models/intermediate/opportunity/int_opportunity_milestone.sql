-- Grain: one row per opportunity with a stage: when it qualified, when it was last won and lost, how often it closed.
-- Apart, because this is all that the deals ask the clock.
select
    opportunity_id,
    -- what is dated after now has not happened
    min(case when stage = 'qualified' and entered_at <= {{ as_of() }} then entered_at end) as first_qualified_at,
    max(case when stage = 'won' then entered_at end) as last_won_at,
    max(case when stage = 'lost' then entered_at end) as last_lost_at,
    count(case when stage in ('won', 'lost') and is_recorded then 1 end) as closings
from {{ ref("int_opportunity_stage_event") }}
group by opportunity_id

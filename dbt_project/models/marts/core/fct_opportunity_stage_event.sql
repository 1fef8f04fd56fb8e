-- Grain: one row per opportunity and entry into a stage; a reopened deal enters twice. amount is in the deal's own
-- currency as the history wrote it at the entry: sum fct_opportunity.amount instead.
select
    opportunity_id || '|' || cast(entry_number as varchar) as stage_event_id,
    opportunity_id,
    stage,
    entered_at,
    exited_at,
    cast(amount as decimal(18, 2)) as amount,
    entry_number
from {{ ref("int_opportunity_stage_event") }}

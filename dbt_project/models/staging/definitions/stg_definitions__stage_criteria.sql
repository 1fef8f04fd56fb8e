-- Grain: one row per alternative of a rule of a stage and period. All rules of a stage must hold, any alternative of
-- a rule.
select
    lower(stage) as stage,
    rule,
    lower(side) as side,
    lower(field) as field,
    lower(operator) as operator,
    trim(value) as value,
    {{ effective_from() }} as effective_from,
    {{ effective_to() }} as effective_to
from {{ ref("stage_criteria") }}

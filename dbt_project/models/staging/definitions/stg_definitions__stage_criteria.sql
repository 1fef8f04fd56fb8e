-- Grain: one row per alternative of a rule of a stage and period. All rules of a stage must hold, any alternative of
-- a rule.
select
    stage,
    rule,
    side,
    field,
    operator,
    trim(value) as value,
    {{ effective_from() }} as effective_from,
    {{ effective_to() }} as effective_to
from {{ ref("stage_criteria") }}

-- Grain: one row per alternative of a rule of a stage and period. All rules of a stage must hold, any alternative of
-- a rule. A rule that is spelled in several ways is one, named in small letters where there is such a name.
select
    lower({{ cell("stage") }}) as stage,
    {{ one_spelling("rule", within="stage") }} as rule,
    lower({{ cell("side") }}) as side,
    lower({{ cell("field") }}) as field,
    lower({{ cell("operator") }}) as operator,
    {{ cell("value") }} as value,
    {{ effective_from() }} as effective_from,
    {{ effective_to() }} as effective_to
from {{ ref("stage_criteria") }}

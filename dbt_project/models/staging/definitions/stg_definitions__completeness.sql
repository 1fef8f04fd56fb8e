-- Grain: one row per alternative of a completeness rule and period. A rule holds when any of its alternatives does.
-- A rule that is spelled in several ways is one, named as the gate names it (Definitions.completeness).
select
    {{ one_spelling("rule") }} as rule,
    {{ cell("question") }} as question,
    {{ cell("fields") }} as fields,
    {{ cell("test") }} as test,
    {{ effective_from() }} as effective_from,
    {{ effective_to() }} as effective_to
from {{ ref("completeness") }}

-- Grain: one row per rule of the ideal customer profile and period.
select
    lower({{ cell("dimension") }}) as dimension,
    lower({{ cell("operator") }}) as operator,
    {{ cell("value") }} as value,
    lower({{ cell("effect") }}) as effect,
    coalesce(cast({{ cell("points") }} as double), 0) as points,
    {{ effective_from() }} as effective_from,
    {{ effective_to() }} as effective_to
from {{ ref("icp") }}

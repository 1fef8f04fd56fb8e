-- Grain: one row per rule of the ideal customer profile and period.
select
    lower(dimension) as dimension,
    lower(operator) as operator,
    trim(value) as value,
    lower(effect) as effect,
    coalesce(cast(points as double), 0) as points,
    {{ effective_from() }} as effective_from,
    {{ effective_to() }} as effective_to
from {{ ref("icp") }}

-- Grain: one row per rule of the ideal customer profile and period.
select
    dimension,
    operator,
    trim(value) as value,
    effect,
    coalesce(cast(points as double), 0) as points,
    {{ effective_from() }} as effective_from,
    {{ effective_to() }} as effective_to
from {{ ref("icp") }}

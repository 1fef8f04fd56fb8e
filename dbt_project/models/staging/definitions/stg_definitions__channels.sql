-- Grain: one row per condition. Rows that share a priority are one rule and all must hold; the lowest priority wins.
select
    cast(priority as integer) as priority,
    lower(field) as field,
    lower(operator) as operator,
    coalesce(value, '') as value,
    channel,
    cast(lower(is_marketing) as boolean) as is_marketing
from {{ ref("channels") }}

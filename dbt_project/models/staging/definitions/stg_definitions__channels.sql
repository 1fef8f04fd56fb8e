-- Grain: one row per condition. Rows that share a priority are one rule and all must hold; the lowest priority wins.
-- A channel that is spelled in several ways has the one in small letters, where there is one.
select
    cast(priority as integer) as priority,
    lower(field) as field,
    lower(operator) as operator,
    coalesce(value, '') as value,
    max(trim(channel)) over (partition by lower(trim(channel))) as channel,
    cast(lower(is_marketing) as boolean) as is_marketing
from {{ ref("channels") }}

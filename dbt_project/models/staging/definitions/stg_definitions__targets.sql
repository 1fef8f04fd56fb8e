-- Grain: one row per month and metric.
select
    cast({{ cell("month") }} as date) as month_start,
    lower({{ cell("metric") }}) as metric,
    cast({{ cell("value") }} as double) as value
from {{ ref("targets") }}

-- Grain: one row per month and metric.
select cast(month as date) as month_start, lower(trim(metric)) as metric, cast(value as double) as value
from {{ ref("targets") }}

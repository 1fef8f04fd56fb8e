-- Grain: one row per month.
select cast({{ cell("month") }} as date) as month_start, cast({{ cell("cost") }} as decimal(18, 2)) as cost
from {{ ref("sales_costs") }}

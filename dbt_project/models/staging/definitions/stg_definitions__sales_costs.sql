-- Grain: one row per month.
select cast(month as date) as month_start, cast(cost as decimal(18, 2)) as cost from {{ ref("sales_costs") }}

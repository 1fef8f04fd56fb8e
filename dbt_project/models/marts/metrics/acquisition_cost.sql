-- Grain: one row per month with spend, sales cost or a customer. Customers by close month.
-- Hazard: customer_acquisition_cost is null in months whose sales cost is not given or that have not begun:
-- cost_per_customer leaves sales out.
with
    spend as (
        select {{ period_start("month", "spend_date") }} as month_start, sum(cost) as spend
        from {{ ref("fct_spend") }}
        group by 1
    ),

    sales_costs as (
        select {{ period_start("month", "month_start") }} as month_start, sum(cost) as sales_cost
        from {{ ref("stg_definitions__sales_costs") }}
        where {{ period_start("month", "month_start") }} <= {{ as_of_day() }}
        group by 1
    ),

    customers as (
        select {{ period_start("month", "closed_on") }} as month_start, count(*) as customers
        from {{ ref("metric_opportunity") }}
        where is_customer_win and closed_on is not null
        group by 1
    ),

    months as (
        select month_start
        from spend
        union
        select month_start
        from sales_costs
        union
        select month_start
        from customers
    ),

    final as (
        select
            months.month_start,
            cast(spend.spend as decimal(18, 2)) as spend,
            cast(sales_costs.sales_cost as decimal(18, 2)) as sales_cost,
            cast(coalesce(spend.spend, 0) + sales_costs.sales_cost as decimal(28, 9)) as sales_and_marketing_cost,
            cast(coalesce(customers.customers, 0) as bigint) as customers,
            {{ rate("nullif(spend.spend, 0)", "customers.customers") }} as cost_per_customer,
            {{ rate("coalesce(spend.spend, 0) + sales_costs.sales_cost", "customers.customers") }}
            as customer_acquisition_cost
        from months
        left join spend on months.month_start = spend.month_start
        left join sales_costs on months.month_start = sales_costs.month_start
        left join customers on months.month_start = customers.month_start
    )

select *
from final

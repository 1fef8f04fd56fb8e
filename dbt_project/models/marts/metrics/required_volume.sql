-- Grain: one row per (month with a target of customers, lead_source, stage): what it takes to reach the target, read
-- backwards from `customer` over sales_ready, sql, mql and lead to `spend` (money). The target is shared out by each
-- source's part of the customers won by the trailing cohorts: the newest twelve cohort months that were mature when
-- the month began (or are now, for a month to come). trailing_rate is the share of a stage's leads that reached the
-- next one; of `spend`, the spend per lead, a channel's spend being shared over its leads of the month. required =
-- required of the next stage / trailing_rate. Interval of 80 %: the log of every rate is taken as normal around the
-- observed one, with the variance (1 - p) / ((n + 1) p) of the Jeffreys estimate p = (k + 1/2) / (n + 1); variances
-- add up along the chain; the bounds are exp(-+1.2816 standard deviations) times the figure. It covers what the
-- cohorts leave open about the rates, not a market that changes. A lead that skips a stage is not counted on by the
-- chain: where many do, required is an upper bound. required_by_any_path reads the same target over the share of a
-- stage's leads that became customers on whatever path.
-- Hazard: stages follow from each other: never sum over stages.
with
    leads as (select *, {{ period_start("month", "created_on") }} as cohort_month from {{ ref("metric_lead") }}),

    targets as (
        select
            month_start,
            value as target,
            -- the newest cohort that is mature at the start of the month
            {{
                period_start(
                    "month",
                    dbt.dateadd(
                        "day",
                        "1 - cast(" ~ setting("maturity_days") ~ " as integer)",
                        "least(month_start, " ~ as_of_day() ~ ")",
                    ),
                )
            }} as cohorts_until
        from {{ ref("stg_definitions__targets") }}
        where metric = 'customers'
    ),

    spend as (
        select {{ period_start("month", "spend_date") }} as cohort_month, channel, sum(cost) as spend
        from {{ ref("fct_spend") }}
        group by 1, 2
    ),

    channel_leads as (select cohort_month, channel, count(*) as leads from leads group by cohort_month, channel),

    spend_by_source as (
        -- shares as decimals: a sum of doubles would depend, in its last bits, on the order of the leads
        select
            leads.cohort_month,
            leads.lead_source,
            sum(cast(cast(spend.spend as double) / channel_leads.leads as decimal(28, 9))) as spend
        from leads
        inner join
            channel_leads
            on leads.cohort_month = channel_leads.cohort_month
            and leads.channel is not distinct from channel_leads.channel
        inner join spend on leads.cohort_month = spend.cohort_month and leads.channel is not distinct from spend.channel
        group by leads.cohort_month, leads.lead_source
    ),

    cohorts as (
        select
            cohort_month,
            lead_source,
            count(*) as leads,
            sum(case when is_mql then 1 else 0 end) as mqls,
            sum(case when is_mql and is_sql then 1 else 0 end) as mqls_to_sql,
            sum(case when is_sql then 1 else 0 end) as sqls,
            sum(case when is_sql and is_sales_ready then 1 else 0 end) as sqls_to_sales_ready,
            sum(case when is_sales_ready then 1 else 0 end) as sales_ready,
            sum(case when is_sales_ready and is_customer then 1 else 0 end) as sales_ready_to_customer,
            sum(case when is_customer then 1 else 0 end) as customers,
            sum(case when is_mql and is_customer then 1 else 0 end) as mql_customers,
            sum(case when is_sql and is_customer then 1 else 0 end) as sql_customers
        from leads
        group by cohort_month, lead_source
    ),

    trailing_cohorts as (
        select
            targets.month_start,
            targets.target,
            cohorts.lead_source,
            sum(cohorts.leads) as leads,
            sum(cohorts.mqls) as mqls,
            sum(cohorts.mqls_to_sql) as mqls_to_sql,
            sum(cohorts.sqls) as sqls,
            sum(cohorts.sqls_to_sales_ready) as sqls_to_sales_ready,
            sum(cohorts.sales_ready) as sales_ready,
            sum(cohorts.sales_ready_to_customer) as sales_ready_to_customer,
            sum(cohorts.customers) as customers,
            sum(cohorts.mql_customers) as mql_customers,
            sum(cohorts.sql_customers) as sql_customers,
            sum(spend_by_source.spend) as spend
        from targets
        inner join
            cohorts
            on cohorts.cohort_month < targets.cohorts_until
            and cohorts.cohort_month >= {{ dbt.dateadd("month", -12, "targets.cohorts_until") }}
        left join
            spend_by_source
            on cohorts.cohort_month = spend_by_source.cohort_month
            and cohorts.lead_source is not distinct from spend_by_source.lead_source
        group by targets.month_start, targets.target, cohorts.lead_source
    ),

    shared as (
        select
            *, target * {{ rate("customers", "sum(customers) over (partition by month_start)") }} as required_customers
        from trailing_cohorts
    ),

    steps as (
        {% for stage, position, reached, of, won in [
            ("customer", 0, "1", "1", "1"),
            ("sales_ready", 1, "sales_ready_to_customer", "sales_ready", "sales_ready_to_customer"),
            ("sql", 2, "sqls_to_sales_ready", "sqls", "sql_customers"),
            ("mql", 3, "mqls_to_sql", "mqls", "mql_customers"),
            ("lead", 4, "mqls", "leads", "customers"),
        ] %}
            select
                month_start,
                lead_source,
                '{{ stage }}' as stage,
                {{ position }} as position,
                required_customers,
                {{ rate(reached, of) }} as trailing_rate,
                {% if position == 0 %} cast(0 as double)
                {% else %} cast({{ of }} - {{ reached }} + 0.5 as double) / (({{ of }} + 1) * ({{ reached }} + 0.5))
                {% endif %} as log_variance,
                cast({{ of }} as bigint) as trailing_leads,
                {{ rate(won, of) }} as customer_rate
            from shared
            union all
        {% endfor %}
        select
            month_start,
            lead_source,
            'spend' as stage,
            5 as position,
            required_customers,
            round({{ rate("spend", "leads") }}, 9) as trailing_rate,
            cast(0 as double) as log_variance,
            cast(leads as bigint) as trailing_leads,
            {{ rate("customers", "spend") }} as customer_rate
        from shared
    ),

    chained as (
        select
            *,
            sum(
                case when stage = 'spend' then ln(nullif(trailing_rate, 0)) else - ln(nullif(trailing_rate, 0)) end
            ) over (partition by month_start, lead_source order by position) as log_factor,
            sum(case when trailing_rate is null or trailing_rate = 0 then 1 else 0 end) over (
                partition by month_start, lead_source order by position
            ) as broken_steps,
            sqrt(sum(log_variance) over (partition by month_start, lead_source order by position)) as deviation
        from steps
    ),

    final as (
        select
            month_start,
            lead_source,
            stage,
            round(
                case
                    when required_customers = 0 then 0 when broken_steps = 0 then required_customers * exp(log_factor)
                end,
                6
            ) as required,
            round(
                case
                    when required_customers = 0
                    then 0
                    when broken_steps = 0
                    then required_customers * exp(log_factor - 1.2816 * deviation)
                end,
                6
            ) as required_low,
            round(
                case
                    when required_customers = 0
                    then 0
                    when broken_steps = 0
                    then required_customers * exp(log_factor + 1.2816 * deviation)
                end,
                6
            ) as required_high,
            case when stage <> 'customer' then trailing_rate end as trailing_rate,
            case when stage <> 'customer' then trailing_leads end as trailing_leads,
            case when stage <> 'customer' then round(customer_rate, 12) end as customer_rate,
            round(
                case
                    when required_customers = 0 then 0 when customer_rate > 0 then required_customers / customer_rate
                end,
                6
            ) as required_by_any_path
        from chained
    )

select *
from final

-- Grain: one row per month of the anchor, basis, model and channel with credit or spend.
-- Hazard: spend repeats on every basis and model, credit divides the same money in each: choose one of each, then sum.
with
    credit as (select * from {{ ref("fct_attribution") }}),

    spend as (select * from {{ ref("fct_spend") }}),

    model as (select model from {{ ref("int_attribution_model") }}),

    {{ opportunity_month() }},

    monthly_credit as (
        select
            opportunity_month.month_start,
            credit.basis,
            credit.model,
            credit.channel,
            sum(credit.credited_amount) as credited_amount,
            count(distinct credit.opportunity_id) as opportunities
        from credit
        inner join
            opportunity_month
            on credit.opportunity_id = opportunity_month.opportunity_id
            and credit.basis = opportunity_month.basis
        group by 1, 2, 3, 4
    ),

    monthly_spend as (
        select cast({{ dbt.date_trunc("month", "spend_date") }} as date) as month_start, channel, sum(cost) as spend
        from spend
        group by 1, 2
    ),

    monthly_spend_of_model as (
        select monthly_spend.month_start, both_bases.basis, model.model, monthly_spend.channel, monthly_spend.spend
        from monthly_spend
        cross join model
        cross join (values ('pipeline'), ('revenue')) as both_bases(basis)
    ),

    final as (
        select
            coalesce(monthly_credit.month_start, spent.month_start) as month_start,
            coalesce(monthly_credit.basis, spent.basis) as basis,
            coalesce(monthly_credit.model, spent.model) as model,
            coalesce(monthly_credit.channel, spent.channel) as channel,
            cast(coalesce(monthly_credit.credited_amount, 0) as decimal(18, 2)) as credited_amount,
            cast(coalesce(monthly_credit.opportunities, 0) as bigint) as opportunities,
            cast(coalesce(spent.spend, 0) as decimal(18, 2)) as spend,
            cast(coalesce(monthly_credit.credited_amount, 0) as double) / nullif(cast(spent.spend as double), 0) as roas
        from monthly_credit
        full outer join
            monthly_spend_of_model as spent
            on monthly_credit.month_start = spent.month_start
            and monthly_credit.basis = spent.basis
            and monthly_credit.model = spent.model
            and monthly_credit.channel = spent.channel
    )

select *
from final

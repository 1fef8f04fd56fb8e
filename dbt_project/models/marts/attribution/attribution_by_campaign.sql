-- Grain: one row per month of the anchor, basis, model and campaign with credit or spend; null campaign: touches and
-- costs of none, and what is unattributed. channel is the campaign's own (dim_campaign).
-- Hazard: spend repeats on every basis and model, credit divides the same money in each: choose one of each, then sum.
with
    credit as (select * from {{ ref("fct_attribution") }}),

    spend as (select * from {{ ref("fct_spend") }}),

    campaign as (select * from {{ ref("dim_campaign") }}),

    model as (select model from {{ ref("int_attribution_model") }}),

    {{ opportunity_month() }},

    monthly_credit as (
        select
            opportunity_month.month_start,
            credit.basis,
            credit.model,
            coalesce(credit.campaign_id, '') as campaign_key,
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
        select
            cast({{ dbt.date_trunc("month", "spend_date") }} as date) as month_start,
            coalesce(campaign_id, '') as campaign_key,
            sum(cost) as spend
        from spend
        group by 1, 2
    ),

    monthly_spend_of_model as (
        select monthly_spend.month_start, both_bases.basis, model.model, monthly_spend.campaign_key, monthly_spend.spend
        from monthly_spend
        cross join model
        cross join (values ('pipeline'), ('revenue')) as both_bases(basis)
    ),

    joined as (
        select
            coalesce(monthly_credit.month_start, spent.month_start) as month_start,
            coalesce(monthly_credit.basis, spent.basis) as basis,
            coalesce(monthly_credit.model, spent.model) as model,
            nullif(coalesce(monthly_credit.campaign_key, spent.campaign_key), '') as campaign_id,
            coalesce(monthly_credit.credited_amount, 0) as credited_amount,
            coalesce(monthly_credit.opportunities, 0) as opportunities,
            spent.spend
        from monthly_credit
        full outer join
            monthly_spend_of_model as spent
            on monthly_credit.month_start = spent.month_start
            and monthly_credit.basis = spent.basis
            and monthly_credit.model = spent.model
            and monthly_credit.campaign_key = spent.campaign_key
    ),

    final as (
        select
            joined.month_start,
            joined.basis,
            joined.model,
            joined.campaign_id,
            campaign.channel,
            cast(joined.credited_amount as decimal(18, 2)) as credited_amount,
            cast(joined.opportunities as bigint) as opportunities,
            cast(coalesce(joined.spend, 0) as decimal(18, 2)) as spend,
            cast(joined.credited_amount as double) / nullif(cast(joined.spend as double), 0) as roas
        from joined
        left join campaign on joined.campaign_id = campaign.campaign_id
    )

select *
from final

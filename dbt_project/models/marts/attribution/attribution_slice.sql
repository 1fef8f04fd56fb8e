-- Grain: one row per (month of the anchor, basis, model, channel of the touch, campaign, content) with credit: what the
-- semantic layer cuts as asked. The attribution tables have spend and opportunities beside it.
-- Hazard: every basis and model divides the same money: choose one of each, then sum.
with
    credit as (select * from {{ ref("fct_attribution") }}),

    {{ opportunity_month() }},

    final as (
        select
            opportunity_month.month_start,
            credit.basis,
            credit.model,
            credit.channel,
            credit.campaign_id,
            credit.content,
            cast(sum(credit.credited_amount) as decimal(18, 2)) as credited_amount
        from credit
        inner join
            opportunity_month
            on credit.opportunity_id = opportunity_month.opportunity_id
            and credit.basis = opportunity_month.basis
        group by 1, 2, 3, 4, 5, 6
    )

select *
from final

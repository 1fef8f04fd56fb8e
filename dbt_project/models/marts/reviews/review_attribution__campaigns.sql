-- Grain: one row per (month of the anchor, basis, model, campaign, channel) with credit, which of a deal of a negative
-- amount, such as a credit note, is negative.
with
    credit as (select * from {{ ref("attribution_by_campaign") }}),

    campaigns as (select campaign_id, name from {{ ref("dim_campaign") }}),

    final as (
        select
            cast(credit.month_start as date) as month_start,
            credit.basis,
            credit.model,
            credit.campaign_id,
            credit.channel,
            coalesce(campaigns.name, credit.campaign_id, 'no campaign') as campaign,
            cast(credit.credited_amount as decimal(18, 2)) as credited_amount,
            cast(credit.opportunities as bigint) as opportunities,
            cast(credit.roas as double) as roas
        from credit
        left join campaigns on credit.campaign_id = campaigns.campaign_id
        where credit.credited_amount <> 0
    )

select *
from final

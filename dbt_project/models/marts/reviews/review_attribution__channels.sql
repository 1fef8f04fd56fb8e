-- Grain: one row per (month of the anchor, basis, model, channel). Every model credits the whole: compare models,
-- never sum them.
with
    credit as (select * from {{ ref("attribution_by_channel") }}),

    channels as (select * from {{ ref("dim_channel") }}),

    final as (
        select
            cast(credit.month_start as date) as month_start,
            credit.basis,
            credit.model,
            credit.channel,
            coalesce(channels.is_marketing, false) as is_marketing,
            cast(credit.credited_amount as decimal(18, 2)) as credited_amount,
            cast(credit.opportunities as bigint) as opportunities,
            cast(credit.spend as decimal(18, 2)) as spend,
            cast(credit.roas as double) as roas,
            {{
                rate(
                    "credit.credited_amount",
                    "sum(credit.credited_amount) over (partition by credit.month_start, credit.basis, credit.model)",
                )
            }} as share
        from credit
        left join channels on credit.channel = channels.channel
    )

select *
from final

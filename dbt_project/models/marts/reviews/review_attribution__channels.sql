-- Grain: one row per (month of the anchor, basis, model, channel). Every model credits the whole: compare models,
-- never sum them.
with
    credit as (select * from {{ ref("attribution_by_channel") }}),

    final as (
        select
            cast(month_start as date) as month_start,
            basis,
            model,
            channel,
            cast(credited_amount as decimal(18, 2)) as credited_amount,
            cast(opportunities as bigint) as opportunities,
            cast(spend as decimal(18, 2)) as spend,
            cast(roas as double) as roas,
            {{ rate("credited_amount", "sum(credited_amount) over (partition by month_start, basis, model)") }} as share
        from credit
    )

select *
from final

-- Grain: one row per (close month, lead_source, channel, campaign) of won opportunities. Revenue counts all types;
-- customers are first new-business wins. Hazard: shared_revenue is a part of revenue, not an addition to it.
with
    opportunities as (select * from {{ ref("metric_opportunity") }} where is_won),

    final as (
        select
            {{ period_start("month", "closed_on") }} as month_start,
            lead_source,
            channel,
            campaign_id,
            {{ sum_if("amount", "is_won") }} as revenue,
            {{ count_if("is_customer_win") }} as customers,
            {{ sum_if("amount", "is_new_business") }} as new_business_revenue,
            {{ sum_if("amount", "is_shared_revenue") }} as shared_revenue,
            cast(count(*) as bigint) as won
        from opportunities
        group by {{ period_start("month", "closed_on") }}, lead_source, channel, campaign_id
    )

select *
from final

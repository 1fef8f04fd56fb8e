-- Grain: one row per opportunity: sourced and influenced side by side, by the touches of its own people and, as the
-- wider option, by those of everybody at its account (the buying group beyond the contact roles).
-- Hazard: sourced and influenced overlap, and so do the two widths: never sum them.
with
    opportunity as (select * from {{ ref("int_opportunity") }}),

    opportunity_touch as (select * from {{ ref("int_opportunity_touch") }}),

    final as (
        select
            opportunity.opportunity_id,
            opportunity.account_id,
            opportunity.is_qualified,
            opportunity.is_won,
            cast(coalesce(opportunity.amount, 0) as decimal(18, 2)) as amount,
            opportunity_touch.is_marketing_sourced,
            opportunity_touch.is_marketing_influenced_pipeline,
            opportunity_touch.is_marketing_influenced_revenue,
            opportunity_touch.is_marketing_influenced_pipeline_by_account,
            opportunity_touch.is_marketing_influenced_revenue_by_account,
            opportunity_touch.first_marketing_touch_at
        from opportunity
        inner join opportunity_touch on opportunity.opportunity_id = opportunity_touch.opportunity_id
    )

select *
from final

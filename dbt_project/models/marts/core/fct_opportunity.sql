-- Grain: one row per surviving opportunity, one for all the systems that a sync id links. amount is in the reporting
-- currency. Channel and campaign are the lead's, without a lead those of the first touch of the pipeline path.
-- Sourced and influenced overlap: report them side by side, never summed.
with
    final as (
        select
            opportunity.opportunity_id,
            opportunity.source_system,
            opportunity.account_id,
            opportunity.lead_id,
            opportunity.person_id,
            opportunity.owner_id,
            touch.campaign_id,
            opportunity.lead_source,
            coalesce(touch.channel, 'unattributed') as channel,
            opportunity.name,
            opportunity.stage,
            opportunity.crm_stage,
            opportunity.created_at,
            opportunity.qualified_at,
            opportunity.closed_at,
            opportunity.close_date,
            opportunity.stated_close_date as expected_close_date,
            opportunity.amount,
            opportunity.amount_original,
            opportunity.currency,
            opportunity.is_closed,
            opportunity.is_won,
            opportunity.is_qualified,
            opportunity.is_reopened,
            opportunity.opportunity_type,
            opportunity.opportunity_type_raw,
            opportunity.is_opportunity_type_unmapped,
            opportunity.is_new_business,
            opportunity.is_customer_acquired,
            coalesce(opportunity.is_marketing_lead_source, touch.is_marketing_sourced, false) as is_marketing_sourced,
            coalesce(touch.is_marketing_influenced_pipeline, false) as is_marketing_influenced_pipeline,
            case
                when opportunity.is_won then coalesce(touch.is_marketing_influenced_revenue, false)
            end as is_marketing_influenced_revenue,
            opportunity.loss_reason,
            opportunity.competitor,
            cast(opportunity.cycle_days as bigint) as cycle_days,
            opportunity.attributes
        from {{ ref("int_opportunity") }} as opportunity
        left join {{ ref("int_opportunity_touch") }} as touch on opportunity.opportunity_id = touch.opportunity_id
    )

select *
from final

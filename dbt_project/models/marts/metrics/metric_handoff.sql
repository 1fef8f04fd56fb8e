-- Grain: one row per (lead, handoff), with its reporting days and the source of its lead.
-- Hazard: service levels and the lead guarantee count the first handoff of a lead (is_first); rejections count every
-- decision.
with
    handoffs as (select * from {{ ref("fct_handoff") }}),

    leads as (select lead_id, lead_source, channel, campaign_id from {{ ref("fct_lead") }}),

    owners as (select owner_id, team from {{ ref("dim_owner") }}),

    final as (
        select
            handoffs.lead_id,
            handoffs.handoff_number,
            concat(handoffs.lead_id, '#', cast(handoffs.handoff_number as varchar)) as handoff_id,
            handoffs.handoff_number = 1 as is_first,
            {{ to_reporting_date("handoffs.handed_off_at") }} as handed_off_on,
            {{ to_reporting_date("handoffs.decided_at") }} as decided_on,
            leads.lead_source,
            leads.channel,
            leads.campaign_id,
            handoffs.owner_id,
            owners.team,
            cast(handoffs.response_hours as double) as response_hours,
            cast(handoffs.response_business_hours as double) as response_business_hours,
            handoffs.response_at is not null as is_answered,
            handoffs.is_within_sla,
            handoffs.decision,
            handoffs.rejection_reason,
            handoffs.is_icp_fit
        from handoffs
        inner join leads on handoffs.lead_id = leads.lead_id
        left join owners on handoffs.owner_id = owners.owner_id
    )

select *
from final

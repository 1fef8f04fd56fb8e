-- Grain: one row per surviving complete lead, with the day it was created and what became of it. The one place that
-- turns the times of core.fct_lead into the yes and no that rates count.
-- Hazard: is_customer marks every lead of the deal that made a customer, so two leads of one deal are two converted
-- leads.
with
    leads as (select * from {{ ref("fct_lead") }}),

    final as (
        select
            leads.lead_id,
            leads.source_system,
            leads.person_id,
            leads.account_id,
            leads.owner_id,
            leads.campaign_id,
            leads.lead_source,
            leads.channel,
            leads.content,
            leads.rejection_reason,
            leads.score_band,
            {{ to_reporting_date("leads.created_at") }} as created_on,
            leads.mql_at is not null as is_mql,
            leads.handed_off_at is not null as is_handed_off,
            leads.accepted_at is not null as is_accepted,
            leads.rejected_at is not null as is_rejected,
            leads.sql_at is not null as is_sql,
            leads.sales_ready_at is not null as is_sales_ready,
            leads.opportunity_id is not null as has_opportunity,
            coalesce(leads.is_customer, false) as is_customer,
            coalesce(leads.opportunity_at > leads.rejected_at, false) as is_recycled_to_opportunity
        from leads
    )

select *
from final

-- Grain: one row per (cohort quarter, ICP fit): whether the companies both teams agreed to want convert better than
-- the others.
with
    fits as (select lead_id, is_icp_fit from {{ ref("fct_lead") }}),

    leads as (select * from {{ ref("metric_lead") }}),

    final as (
        select
            {{ period_start("quarter", "leads.created_on") }} as quarter_start,
            case
                when fits.is_icp_fit then 'inside' when not fits.is_icp_fit then 'outside' else 'unknown'
            end as icp_fit,
            cast(count(*) as bigint) as leads,
            {{ count_if("leads.is_mql") }} as mqls,
            {{ count_if("leads.has_opportunity") }} as opportunities,
            {{ count_if("leads.is_customer") }} as customers,
            {{ rate("sum(case when leads.has_opportunity then 1 else 0 end)", "count(*)") }}
            as lead_to_opportunity_rate,
            {{ rate("sum(case when leads.is_customer then 1 else 0 end)", "count(*)") }} as customer_acquisition_rate
        from leads
        inner join fits on leads.lead_id = fits.lead_id
        group by 1, 2
    )

select *
from final

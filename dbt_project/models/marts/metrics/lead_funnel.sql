-- Grain: one row per (cohort month, lead_source, channel, campaign). A lead is counted in the month it was created,
-- whenever it reached a stage. Hazard: rates do not add up or average; for other slices sum the counts or ask the
-- semantic layer.
with
    leads as (select * from {{ ref("metric_lead") }}),

    counted as (
        select
            {{ period_start("month", "created_on") }} as cohort_month,
            lead_source,
            channel,
            campaign_id,
            cast(count(*) as bigint) as leads,
            {{ count_if("is_mql") }} as mqls,
            {{ count_if("is_handed_off") }} as handed_off,
            {{ count_if("is_accepted") }} as accepted,
            {{ count_if("is_rejected") }} as rejected,
            {{ count_if("is_sql") }} as sqls,
            {{ count_if("is_sales_ready") }} as sales_ready,
            {{ count_if("has_opportunity") }} as opportunities,
            {{ count_if("is_customer") }} as customers,
            {{ count_if("is_mql and is_sql") }} as mqls_to_sql,
            {{ count_if("is_handed_off and has_opportunity") }} as handed_off_to_opportunity
        from leads
        group by {{ period_start("month", "created_on") }}, lead_source, channel, campaign_id
    ),

    final as (
        select
            *,
            {{ rate("mqls", "leads") }} as mql_rate,
            {{ rate("sqls", "leads") }} as sql_rate,
            {{ rate("sales_ready", "leads") }} as sales_ready_rate,
            {{ rate("mqls_to_sql", "mqls") }} as mql_to_sql_rate,
            {{ rate("opportunities", "leads") }} as lead_to_opportunity_rate,
            {{ rate("handed_off_to_opportunity", "handed_off") }} as handoff_to_opportunity_rate,
            {{ rate("customers", "leads") }} as customer_acquisition_rate,
            {{ is_mature("cohort_month", "month") }} as is_mature
        from counted
    )

select *
from final

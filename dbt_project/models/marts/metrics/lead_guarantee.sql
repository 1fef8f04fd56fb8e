-- Grain: one row per (month of the first handoff, lead_source). A credit is a lead handed off outside the ICP in force
-- that day; where a required value is unknown the fit is unknown and nothing is credited.
with
    handoffs as (select * from {{ ref("metric_handoff") }} where is_first),

    final as (
        select
            {{ period_start("month", "handed_off_on") }} as month_start,
            lead_source,
            cast(count(*) as bigint) as handed_off,
            {{ count_if("not is_icp_fit") }} as credits,
            {{ count_if("is_icp_fit is null") }} as fit_unknown
        from handoffs
        group by {{ period_start("month", "handed_off_on") }}, lead_source
    )

select *
from final

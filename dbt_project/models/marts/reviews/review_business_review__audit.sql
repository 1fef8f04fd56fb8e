-- Grain: one row per (cohort quarter, stage): where the CRM's word and the agreed definition part.
select
    {{ period_start("quarter", "month_start") }} as quarter_start,
    stage,
    cast(sum(agreed_and_crm) as bigint) as agreed_and_crm,
    cast(sum(crm_only) as bigint) as crm_only,
    cast(sum(definition_only) as bigint) as definition_only,
    cast(sum(taken_from_crm) as bigint) as taken_from_crm,
    {{ rate("sum(agreed_and_crm)", "sum(agreed_and_crm + crm_only + definition_only)") }} as agreement
from {{ ref("definition_audit") }}
group by 1, 2

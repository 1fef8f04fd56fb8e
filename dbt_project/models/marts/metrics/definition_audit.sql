-- Grain: one row per (cohort month, stage, lead_source), for the stages both teams agreed on: mql, sql, sales_ready.
-- What the CRM says a lead reached against what the agreed criteria say. Hazard: where a stage has no criteria for a
-- lead it takes the CRM's word and agrees by construction; taken_from_crm counts those.
with
    leads as (select * from {{ ref("metric_lead") }}),

    events as (
        select
            lead_id,
            stage,
            max(case when basis = 'crm' then 1 else 0 end) = 1 as crm_says,
            max(case when basis = 'definition' then 1 else 0 end) = 1 as criteria_say
        from {{ ref("fct_lead_stage_event") }}
        where stage in ('mql', 'sql', 'sales_ready')
        group by lead_id, stage
    ),

    judged as (
        select lead_id, created_on, lead_source, 'mql' as stage, is_mql as definition_says
        from leads
        union all
        select lead_id, created_on, lead_source, 'sql' as stage, is_sql as definition_says
        from leads
        union all
        select lead_id, created_on, lead_source, 'sales_ready' as stage, is_sales_ready as definition_says
        from leads
    ),

    compared as (
        select
            {{ period_start("month", "judged.created_on") }} as month_start,
            judged.stage,
            judged.lead_source,
            judged.definition_says,
            coalesce(events.crm_says, false) as crm_says,
            judged.definition_says and not coalesce(events.criteria_say, false) as is_taken_from_crm
        from judged
        left join events on judged.lead_id = events.lead_id and judged.stage = events.stage
    ),

    counted as (
        select
            month_start,
            stage,
            lead_source,
            {{ count_if("definition_says and crm_says") }} as agreed_and_crm,
            {{ count_if("not definition_says and crm_says") }} as crm_only,
            {{ count_if("definition_says and not crm_says") }} as definition_only,
            {{ count_if("not definition_says and not crm_says") }} as neither,
            {{ count_if("is_taken_from_crm") }} as taken_from_crm
        from compared
        group by month_start, stage, lead_source
    ),

    final as (
        select *, {{ rate("agreed_and_crm", "agreed_and_crm + crm_only + definition_only") }} as agreement from counted
    )

select *
from final

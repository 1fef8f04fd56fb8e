-- Grain: one row per lead and handoff. A lead recycled and handed off again has two, each with its own owner, SLA,
-- response and decision. is_within_sla is null while neither answered nor lapsed: count it out of the attainment.
{{ config(materialized="view") }}

select
    lead_id || '#' || cast(handoff_number as varchar) as handoff_id,
    lead_id,
    handoff_number,
    handed_off_at,
    evidence,
    owner_id,
    sla_hours,
    sla_clock,
    response_at,
    response_type,
    response_hours,
    response_business_hours,
    is_within_sla,
    decision,
    decided_at,
    rejection_reason,
    rejection_reason_text,
    is_icp_fit,
    icp_reasons
from {{ ref("int_handoff") }}

-- Grain: one row per lead, basis and entry into a stage. Filter the basis: a stage stands once by the CRM's history and
-- once by the agreed definition. Re-entries are rows of their own (entry_number); stage times are the first ones. What
-- is dated after now has not happened.
{{ config(materialized="view") }}

select
    event.lead_id || '|' || event.basis || '|' || cast(event.entry_number as varchar) as stage_event_id,
    event.lead_id,
    event.stage,
    event.entered_at,
    case when event.exited_at <= horizon.happened_until then event.exited_at end as exited_at,
    event.basis,
    event.definition_version,
    event.entry_number
from {{ ref("int_lead_stage_event") }} as event
cross join {{ ref("int_event_horizon") }} as horizon
where event.entered_at <= horizon.happened_until

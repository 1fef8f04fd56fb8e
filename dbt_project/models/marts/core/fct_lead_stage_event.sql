-- Grain: one row per lead, basis and entry into a stage. Filter the basis: a stage stands once by the CRM's history and
-- once by the agreed definition. Re-entries are rows of their own (entry_number); stage times are the first ones.
select
    lead_id || '|' || basis || '|' || cast(entry_number as varchar) as stage_event_id,
    lead_id,
    stage,
    entered_at,
    exited_at,
    basis,
    definition_version,
    entry_number
from {{ ref("int_lead_stage_event") }}

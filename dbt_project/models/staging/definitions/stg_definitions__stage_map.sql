-- Grain: one row per source, object and CRM value. Join on lower(trim(<crm value>)) = crm_value_key.
select source_system, object, crm_value, lower(trim(crm_value)) as crm_value_key, stage from {{ ref("stage_map") }}

-- Grain: one row per source, object and CRM value. Join on lower(trim(<crm value>)) = crm_value_key.
select
    lower(source_system) as source_system,
    lower(object) as object,
    crm_value,
    lower(trim(crm_value)) as crm_value_key,
    lower(stage) as stage
from {{ ref("stage_map") }}

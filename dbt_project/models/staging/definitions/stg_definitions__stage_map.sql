-- Grain: one row per source, object and CRM value. Join on lower(trim(<crm value>)) = crm_value_key.
select
    lower({{ cell("source_system") }}) as source_system,
    lower({{ cell("object") }}) as object,
    {{ cell("crm_value") }} as crm_value,
    lower({{ cell("crm_value") }}) as crm_value_key,
    lower({{ cell("stage") }}) as stage
from {{ ref("stage_map") }}

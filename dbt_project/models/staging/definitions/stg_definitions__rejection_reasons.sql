-- Grain: one row per CRM text; a reason repeats per text. Join on lower(trim(<text>)) = crm_value_key.
select
    {{ cell("reason") }} as reason,
    {{ cell("label") }} as label,
    {{ cell("crm_value") }} as crm_value,
    lower({{ cell("crm_value") }}) as crm_value_key
from {{ ref("rejection_reasons") }}

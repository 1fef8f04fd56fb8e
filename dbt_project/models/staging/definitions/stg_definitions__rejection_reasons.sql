-- Grain: one row per CRM text; a reason repeats per text. Join on lower(trim(<text>)) = crm_value_key.
select reason, label, crm_value, lower(trim(crm_value)) as crm_value_key from {{ ref("rejection_reasons") }}

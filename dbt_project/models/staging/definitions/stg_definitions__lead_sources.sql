-- Grain: one row per CRM value. Join on lower(trim(<crm value>)) = crm_value_key; what finds no row is kept, not
-- marketing. A lead source that is spelled in several ways has the one in small letters, where there is one.
select
    {{ cell("crm_value") }} as crm_value,
    lower({{ cell("crm_value") }}) as crm_value_key,
    {{ one_spelling("lead_source") }} as lead_source,
    cast(lower({{ cell("is_marketing") }}) as boolean) as is_marketing
from {{ ref("lead_sources") }}

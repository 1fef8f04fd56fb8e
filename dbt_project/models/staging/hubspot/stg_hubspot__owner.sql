-- Grain: one row per delivered version of an owner.
select
    'hubspot:' || raw.native_id as record_id,
    'hubspot' as source_system,
    raw.native_id,
    raw.name,
    {{ normalised_email("raw.email") }} as email,
    raw.team,
    -- HubSpot calls people PERSON and queues QUEUE; the word for a person is Salesforce's
    case when upper(coalesce(raw.type, 'PERSON')) = 'PERSON' then 'Standard' else raw.type end as type,
    raw.is_active,
    raw.user_id,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("hubspot", "owner") }} as raw
inner join {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id

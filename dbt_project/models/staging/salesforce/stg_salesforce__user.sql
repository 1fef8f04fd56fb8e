-- Grain: one row per delivered version of a user: read int_owner_record for the newest.
select
    'salesforce:' || raw.native_id as record_id,
    'salesforce' as source_system,
    raw.native_id,
    coalesce(raw.name, {{ full_name("raw.first_name", "raw.last_name") }}) as name,
    {{ normalised_email("raw.email") }} as email,
    raw.team,
    raw.type,
    raw.is_active,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("salesforce", "user") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

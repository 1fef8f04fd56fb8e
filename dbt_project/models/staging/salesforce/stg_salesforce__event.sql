-- Grain: one row per delivered version of a calendar event: a meeting at its time, completed once that time has
-- passed (int_activity_record).
select
    'salesforce:' || raw.native_id as activity_id,
    'salesforce' as source_system,
    'meeting' as type,
    'outbound' as direction,
    raw.status,
    cast(null as boolean) as is_completed,
    raw.happened_at as takes_place_at,
    'salesforce:' || raw.owner_id as owner_id,
    'salesforce:' || raw.person_id as person_record_id,
    'salesforce:' || raw.record_id as related_record_id,
    raw.subject,
    coalesce(raw.happened_at, raw.created_at) as happened_at,
    raw.completed_at,
    raw.created_at,
    raw.outcome,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("salesforce", "event") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "event"), is_mapped=false) }}

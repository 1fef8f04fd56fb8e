-- Grain: one row per delivered version of a campaign member of a user-mapped source. Without a key of its own a member
-- is its campaign and its lead or contact.
select
    raw.source_system
    || ':'
    || coalesce(
        raw.native_id, concat_ws('|', raw.campaign_id, coalesce(raw.lead_id, raw.contact_id || '|contact'))
    ) as response_id,
    raw.source_system,
    raw.source_system || ':' || raw.campaign_id as campaign_record_id,
    raw.source_system || ':' || raw.lead_id as lead_record_id,
    raw.source_system || ':' || raw.contact_id as contact_record_id,
    raw.status,
    coalesce(raw.has_responded, raw.first_responded_at is not null) as has_responded,
    coalesce(raw.first_responded_at, raw.created_at) as responded_at,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("mapped", "campaign_member") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "campaign_member")) }}
-- without a key a row is its file's: that of a replaced one does not vie with the newest one's
where not (delivery.is_past_snapshot and raw.native_id is null)

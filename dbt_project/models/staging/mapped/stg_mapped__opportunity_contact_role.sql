-- Grain: one row per delivered version of a contact role of a user-mapped source.
select
    raw.source_system || ':' || coalesce(raw.native_id, concat_ws('|', raw.opportunity_id, raw.contact_id)) as role_id,
    raw.source_system || ':' || raw.opportunity_id as opportunity_record_id,
    raw.source_system || ':' || raw.contact_id as person_record_id,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("mapped", "opportunity_contact_role") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "opportunity_contact_role")) }}
-- without a key a row is its file's: that of a replaced one does not vie with the newest one's
where not (delivery.is_past_snapshot and raw.native_id is null)

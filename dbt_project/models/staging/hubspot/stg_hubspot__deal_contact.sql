-- Grain: one row per delivered association of a deal with a contact.
select
    'hubspot:' || raw.opportunity_id || '|' || raw.contact_id as role_id,
    'hubspot:' || raw.opportunity_id as opportunity_record_id,
    'hubspot:' || raw.contact_id as person_record_id,
    coalesce(raw.is_deleted, false) or coalesce(raw.fivetran_deleted, false) as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("hubspot", "deal_contact") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

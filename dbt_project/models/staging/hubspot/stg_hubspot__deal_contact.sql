-- Grain: one row per delivered association of a deal with a contact; two may have several, each of a type.
select
    concat_ws('|', 'hubspot:' || raw.opportunity_id, raw.contact_id, raw.type_id) as role_id,
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
union all
-- as the API writes them on the deal: those of its newest version that tells any
select
    opportunity_record_id || '|' || person_id as role_id,
    opportunity_record_id,
    'hubspot:' || person_id as person_record_id,
    false as is_deleted,
    version_at,
    delivery_rank,
    record_line
from
    (
        select opportunity_record_id, {{ each_id("contact_ids") }} as person_id, version_at, delivery_rank, record_line
        from ({{ newest_associations("contact_ids") }}) as newest
    ) as associated

-- Grain: one row per delivered version of a contact role.
select
    'salesforce:' || raw.native_id as role_id,
    'salesforce:' || raw.opportunity_id as opportunity_record_id,
    'salesforce:' || raw.contact_id as person_record_id,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("salesforce", "opportunity_contact_role") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "opportunity_contact_role"), is_mapped=false) }}

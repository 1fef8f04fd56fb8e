-- Grain: one row per delivered version of a record of entity `contact` of any source described by a user's mapping.
select
    raw.source_system || ':' || raw.native_id as record_id,
    raw.source_system,
    raw.native_id,
    raw.first_name,
    raw.last_name,
    {{ normalised_email("raw.email") }} as email,
    raw.phone,
    raw.job_title,
    raw.source_system || ':' || raw.account_id as account_id,
    raw.lead_source,
    raw.source_system || ':' || raw.owner_id as owner_id,
    raw.created_at,
    raw.updated_at,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.source_system || ':' || raw.merged_into_id as merged_into_id,
    raw.merged_ids,
    {{ salesforce_unless_given("raw.synced_lead_id") }} as synced_lead_id,
    {{ salesforce_unless_given("raw.synced_contact_id") }} as synced_contact_id,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("mapped", "contact") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "contact")) }}

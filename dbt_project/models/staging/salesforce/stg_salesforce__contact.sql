-- Grain: one row per delivered version of a contact: read int_contact_record for the newest.
select
    'salesforce:' || raw.native_id as record_id,
    'salesforce' as source_system,
    raw.native_id,
    raw.first_name,
    raw.last_name,
    {{ normalised_email("raw.email") }} as email,
    raw.phone,
    raw.job_title,
    'salesforce:' || raw.account_id as account_id,
    raw.lead_source,
    'salesforce:' || raw.owner_id as owner_id,
    raw.created_at,
    raw.updated_at,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    'salesforce:' || raw.merged_into_id as merged_into_id,
    raw.merged_ids,
    cast(null as {{ dbt.type_string() }}) as synced_lead_id,
    cast(null as {{ dbt.type_string() }}) as synced_contact_id,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("salesforce", "contact") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "contact"), is_mapped=false) }}

-- Grain: one row per delivered version of a campaign member. A member that was converted names its lead and its
-- contact: the lead stands for both, while there is one.
select
    'salesforce:' || raw.native_id as response_id,
    'salesforce' as source_system,
    'salesforce:' || raw.campaign_id as campaign_record_id,
    'salesforce:' || coalesce(raw.lead_id, raw.lead_or_contact_id) as lead_record_id,
    'salesforce:' || raw.contact_id as contact_record_id,
    raw.status,
    coalesce(raw.has_responded, raw.first_responded_at is not null) as has_responded,
    case
        when {{ regex_full_match("raw.first_responded_text", "'[0-9]{4}-[0-9]{2}-[0-9]{2}'") }}
        then {{ from_reporting_day_start("raw.first_responded_text") }}
        else coalesce(raw.first_responded_at, raw.created_at)
    end as responded_at,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("salesforce", "campaign_member") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "campaign_member"), is_mapped=false) }}

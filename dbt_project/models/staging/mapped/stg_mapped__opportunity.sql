-- Grain: one row per delivered version of a record of entity `opportunity` of any source described by a user's
-- mapping.
select
    raw.source_system || ':' || raw.native_id as record_id,
    raw.source_system,
    raw.native_id,
    raw.name,
    raw.source_system || ':' || raw.account_id as account_id,
    raw.source_system || ':' || raw.contact_id as contact_id,
    raw.source_system || ':' || raw.lead_id as lead_id,
    raw.source_system || ':' || raw.owner_id as owner_id,
    raw.source_system || ':' || raw.campaign_id as campaign_id,
    raw.lead_source,
    raw.stage,
    raw.opportunity_type,
    raw.amount,
    raw.currency,
    coalesce(raw.close_date, {{ to_reporting_date("raw.closed_at") }}) as close_date,
    raw.loss_reason,
    raw.competitor,
    raw.created_at,
    raw.updated_at,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.pipeline,
    {{ salesforce_unless_given("raw.synced_opportunity_id") }} as synced_opportunity_id,
    raw.merged_ids,
    raw.source_system || ':' || raw.merged_into_id as merged_into_id,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("mapped", "opportunity") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "opportunity")) }}

-- Grain: one row per delivered association of a deal with a company. Association type 5 is HubSpot's primary company.
select
    'hubspot:' || raw.deal_id as opportunity_record_id,
    'hubspot:' || raw.company_id as account_record_id,
    coalesce(raw.type_id = '5', false) as is_primary,
    coalesce(raw.is_deleted, false) or coalesce(raw.fivetran_deleted, false) as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("hubspot", "deal_company") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

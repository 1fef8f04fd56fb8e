-- Grain: one row per merge that HubSpot's merge audits report. The ids a surviving contact lists itself are read with
-- it.
select 'hubspot:' || raw.loser_id as loser_id, 'hubspot:' || raw.survivor_id as survivor_id, 'lead' as object
from {{ source("hubspot", "contact_merge_audit") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
union
select 'hubspot:' || raw.loser_id as loser_id, 'hubspot:' || raw.survivor_id as survivor_id, 'opportunity' as object
from {{ source("hubspot", "merged_deal") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

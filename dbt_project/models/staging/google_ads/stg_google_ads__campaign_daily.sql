-- Grain: one row per delivered version of a report row. Cost comes in millionths of the account currency. The
-- platform's own conversions stay in raw: they are its claim, not ours.
select
    {{ spend_key("google_ads") }} as spend_key,
    {{ spend_breakdown() }} as breakdown,
    'google_ads' as platform,
    raw.spend_date,
    'google_ads:' || raw.campaign_id as campaign_record_id,
    raw.campaign_name,
    coalesce(raw.cost_micros / 1000000, raw.cost) as cost,
    upper(raw.currency) as currency,
    raw.impressions,
    raw.clicks,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("google_ads", "campaign_daily") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

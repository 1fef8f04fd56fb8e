-- Grain: one row per delivered version of a report row. LinkedIn gives the cost in US dollars and in the account
-- currency: dollars are taken where they stand. The platform's own conversions stay in raw: they are its claim, not
-- ours.
select
    {{ spend_key("linkedin_ads") }} as spend_key,
    {{ spend_breakdown() }} as breakdown,
    'linkedin_ads' as platform,
    raw.spend_date,
    'linkedin_ads:' || raw.campaign_id as campaign_record_id,
    raw.campaign_name,
    coalesce(raw.cost_in_usd, raw.cost) as cost,
    case when raw.cost_in_usd is not null then 'USD' else upper(raw.currency) end as currency,
    raw.impressions,
    raw.clicks,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("linkedin_ads", "campaign_daily") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

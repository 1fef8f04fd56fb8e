-- Grain: one row per delivered version of a report row, per campaign, ad set or ad. A report by ad finds its campaign
-- through the ad. The platform's own conversions stay in raw: they are its claim, not ours.
with
    delivered_ad as (
        select raw.ad_id, raw.campaign_id, raw.version_at, delivery.delivery_rank, raw._line as record_line
        from {{ source("meta_ads", "ad") }} as raw
        inner join
            {{ ref("stg_quality__delivery") }} as delivery
            on raw._delivery_id = delivery.delivery_id
            and not delivery.is_past_snapshot
        where raw.campaign_id is not null
    ),

    ad as (select ad_id, campaign_id from delivered_ad qualify {{ newest_version("ad_id") }})

select
    {{ spend_key("meta_ads") }} as spend_key,
    {{ spend_breakdown() }} as breakdown,
    'meta_ads' as platform,
    raw.spend_date,
    'meta_ads:' || coalesce(raw.campaign_id, ad.campaign_id) as campaign_record_id,
    raw.campaign_name,
    raw.cost,
    upper(raw.currency) as currency,
    raw.impressions,
    raw.clicks,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("meta_ads", "campaign_daily") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
left join ad on raw.ad_id = ad.ad_id

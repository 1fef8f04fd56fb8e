-- Grain: one row per delivered version of a spend row of a user-mapped source: day, campaign and, where given, ad
-- group, ad, device, network.
select
    concat_ws(
        '|',
        raw.source_system,
        coalesce(
            raw.native_id,
            -- two reports of one source may name their campaigns alike
            concat_ws(
                '|',
                delivery.object,
                cast(raw.spend_date as {{ dbt.type_string() }}),
                coalesce(raw.account_id, ''),
                coalesce(raw.campaign_id, raw.campaign_name, ''),
                coalesce(raw.ad_group_id, ''),
                coalesce(raw.ad_id, ''),
                coalesce(raw.device, ''),
                coalesce(raw.network, '')
            )
        )
    ) as spend_key,
    -- rows with keys of their own are told apart by these
    case
        when raw.native_id is null then {{ spend_breakdown(["ad_group_id", "ad_id", "device", "network"]) }} else 0
    end as breakdown,
    case when raw.native_id is null then delivery.object else '' end as report,
    raw.source_system as platform,
    raw.spend_date,
    raw.source_system || ':' || raw.campaign_id as campaign_record_id,
    raw.campaign_name,
    coalesce(raw.cost, raw.cost_micros / 1000000) as cost,
    upper(raw.currency) as currency,
    raw.impressions,
    raw.clicks,
    coalesce(raw.is_deleted, false) or {{ is_gone_from_snapshot() }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("mapped", "spend") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("mapped", "spend")) }}
-- without a key a row is its file's: that of a replaced one does not vie with the newest one's
where not (delivery.is_past_snapshot and raw.native_id is null)

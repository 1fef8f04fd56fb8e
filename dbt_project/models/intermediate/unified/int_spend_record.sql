-- Grain: one row per day, platform and campaign. Breakdowns of a report (device, network, ad) are added up. cost is in
-- `currency`; null means the reporting currency.
{% set parts = [
    "stg_google_ads__campaign_daily",
    "stg_linkedin_ads__campaign_daily",
    "stg_meta_ads__campaign_daily",
    "stg_microsoft_ads__campaign_daily",
    "stg_mapped__spend",
] %}

with
    delivered as (
        {% for part in parts %}
            select
                spend_key,
                platform,
                spend_date,
                campaign_record_id,
                campaign_name,
                cast(cost as decimal(18, 6)) as cost,
                currency,
                impressions,
                clicks,
                version_at,
                delivery_rank,
                record_line
            from {{ ref(part) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    newest as (select * from delivered qualify {{ newest_version("spend_key") }}),

    campaign as (select record_id, name from {{ ref("int_campaign_record") }}),

    final as (
        select
            newest.spend_date,
            newest.platform,
            newest.campaign_record_id,
            coalesce(max(campaign.name), max(newest.campaign_name)) as campaign_name,
            cast(sum(coalesce(newest.cost, 0)) as decimal(18, 6)) as cost,
            newest.currency,
            cast(sum(coalesce(newest.impressions, 0)) as bigint) as impressions,
            cast(sum(coalesce(newest.clicks, 0)) as bigint) as clicks
        from newest
        left join campaign on newest.campaign_record_id = campaign.record_id
        group by
            newest.spend_date,
            newest.platform,
            newest.campaign_record_id,
            newest.currency,
            -- a report without campaign ids still has names
            case when newest.campaign_record_id is null then newest.campaign_name end
    )

select *
from final

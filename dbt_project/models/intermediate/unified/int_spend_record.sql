-- Grain: one row per day, platform, campaign and currency. Breakdowns of a report (device, network, ad) are added up;
-- of a day that comes again in others, the newest count. cost is in `currency`; null means the reporting currency.
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
                breakdown,
                {{ "'' as" if part != "stg_mapped__spend" }} report,
                platform,
                spend_date,
                campaign_record_id,
                campaign_name,
                cast(cost as decimal(18, 6)) as cost,
                currency,
                impressions,
                clicks,
                {{ "false as" if part != "stg_mapped__spend" }} is_deleted,
                version_at,
                delivery_rank,
                record_line
            from {{ ref(part) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    -- a row that comes again with fewer others is broken down as it was when it first came
    kept as (
        select
            *,
            case when (breakdown & first_breakdown) = breakdown then first_breakdown else breakdown end as own_breakdown
        from
            (
                select
                    *,
                    first_value(breakdown) over (
                        partition by spend_key
                        order by version_at nulls first, delivery_rank, record_line
                        rows between unbounded preceding and unbounded following
                    ) as first_breakdown
                from delivered
                qualify {{ newest_version("spend_key") }}
            ) as ranked
        where not is_deleted
    ),

    -- a day of a campaign that comes again in other breakdowns is the same money once more
    newest as (
        select *
        from
            (
                select
                    *,
                    first_value(own_breakdown) over (
                        partition by platform, report, spend_date, coalesce(campaign_record_id, campaign_name)
                        order by version_at desc nulls last, delivery_rank desc, record_line desc
                    ) as newest_breakdown
                from kept
            ) as compared
        where own_breakdown = newest_breakdown
    ),

    campaign as (select record_id, platform, name, is_deleted from {{ ref("int_campaign_record") }}),

    -- a report without campaign ids names its campaigns: the platform's one of that name, a deleted one where no other
    -- is left (what was spent stays, as where a report tells its id), else the name stands as the id
    campaign_name as (
        select
            platform,
            lower(trim(name)) as name_key,
            coalesce(min(case when not coalesce(is_deleted, false) then record_id end), min(record_id)) as record_id
        from campaign
        where name is not null
        group by 1, 2
    ),

    identified as (
        select
            newest.spend_date,
            newest.platform,
            coalesce(
                newest.campaign_record_id,
                campaign_name.record_id,
                newest.platform || ':' || nullif(trim(newest.campaign_name), '')
            ) as campaign_record_id,
            newest.campaign_name,
            newest.cost,
            newest.currency,
            newest.impressions,
            newest.clicks
        from newest
        left join
            campaign_name
            on newest.platform = campaign_name.platform
            and lower(trim(newest.campaign_name)) = campaign_name.name_key
    ),

    final as (
        select
            identified.spend_date,
            identified.platform,
            identified.campaign_record_id,
            coalesce(max(campaign.name), max(identified.campaign_name)) as campaign_name,
            cast(sum(coalesce(identified.cost, 0)) as decimal(18, 6)) as cost,
            identified.currency,
            cast(sum(identified.impressions) as bigint) as impressions,
            cast(sum(identified.clicks) as bigint) as clicks
        from identified
        left join campaign on identified.campaign_record_id = campaign.record_id
        group by identified.spend_date, identified.platform, identified.campaign_record_id, identified.currency
    )

select *
from final

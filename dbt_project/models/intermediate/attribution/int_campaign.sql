-- Grain: one row per campaign of any platform: the records of ads platforms and CRMs, campaigns that only a spend
-- report names, and campaigns that only marketing_costs.csv names.
-- Hazard: several campaigns may carry one name; a touch belongs to one of them (int_channel_match decides).
with
    campaign_record as (select * from {{ ref("int_campaign_record") }} where not coalesce(is_deleted, false)),

    spend_record as (select * from {{ ref("int_spend_record") }} where campaign_record_id is not null),

    marketing_cost as (select * from {{ ref("stg_definitions__marketing_costs") }} where campaign is not null),

    -- a spend report may come without the platform's list of campaigns
    spend_campaign as (
        select
            campaign_record_id as campaign_id,
            -- the newest; of one day, the last by the alphabet
            max_by(
                campaign_name, case when campaign_name is not null then cast(spend_date as varchar) || campaign_name end
            ) as name,
            max(platform) as platform,
            min(spend_date) as started_on,
            max(spend_date) as ended_on
        from spend_record
        group by campaign_record_id
    ),

    recorded as (
        select
            campaign_record.record_id as campaign_id,
            coalesce(campaign_record.name, spend_campaign.name) as name,
            campaign_record.source_system as platform,
            campaign_record.type as campaign_type,
            -- LinkedIn's and Meta's lists tell no start
            coalesce(
                campaign_record.starts_on,
                case
                    when campaign_record.ends_on is null or spend_campaign.started_on <= campaign_record.ends_on
                    then spend_campaign.started_on
                end
            ) as started_on,
            campaign_record.ends_on as ended_on,
            campaign_record.actual_cost,
            campaign_record.currency
        from campaign_record
        left join spend_campaign on campaign_record.record_id = spend_campaign.campaign_id
    ),

    billed_only as (
        select
            spend_campaign.campaign_id,
            spend_campaign.name,
            spend_campaign.platform,
            cast(null as {{ dbt.type_string() }}) as campaign_type,
            spend_campaign.started_on,
            spend_campaign.ended_on,
            cast(null as decimal(18, 6)) as actual_cost,
            cast(null as {{ dbt.type_string() }}) as currency
        from spend_campaign
        left join campaign_record on spend_campaign.campaign_id = campaign_record.record_id
        where campaign_record.record_id is null
    ),

    known as (
        select *
        from recorded
        union all
        select *
        from billed_only
    ),

    known_key as (
        select lower(trim(name)) as campaign_key
        from known
        union
        select lower({{ native_id_of("campaign_id") }}) as campaign_key
        from known
    ),

    entered_by_hand as (
        select
            'marketing_costs:' || min(marketing_cost.campaign) as campaign_id,
            min(marketing_cost.campaign) as name,
            'marketing_costs' as platform,
            cast(null as {{ dbt.type_string() }}) as campaign_type,
            min(marketing_cost.month_start) as started_on,
            {{ dbt.last_day("max(marketing_cost.month_start)", "month") }} as ended_on,
            cast(null as decimal(18, 6)) as actual_cost,
            cast(null as {{ dbt.type_string() }}) as currency,
            min(marketing_cost.channel) as channel
        from marketing_cost
        left join known_key on known_key.campaign_key in {{ campaign_keys("marketing_cost.campaign") }}
        where known_key.campaign_key is null
        group by lower(marketing_cost.campaign)
    ),

    ads_platform as (
        select platform
        from (values ('google_ads'), ('linkedin_ads'), ('meta_ads'), ('microsoft_ads')) as shipped(platform)
    ),

    final as (
        select
            known.campaign_id,
            known.name,
            known.platform,
            known.campaign_type,
            cast(known.started_on as date) as started_on,
            cast(known.ended_on as date) as ended_on,
            cast(known.actual_cost as decimal(18, 6)) as actual_cost,
            known.currency,
            -- a source of the user's own may hold events beside what it bills by the day
            ads_platform.platform is not null or spend_campaign.campaign_id is not null as is_ads_campaign,
            cast(null as {{ dbt.type_string() }}) as entered_channel
        from known
        left join ads_platform on known.platform = ads_platform.platform
        left join spend_campaign on known.campaign_id = spend_campaign.campaign_id
        union all
        select
            campaign_id,
            name,
            platform,
            campaign_type,
            started_on,
            ended_on,
            actual_cost,
            currency,
            false as is_ads_campaign,
            channel as entered_channel
        from entered_by_hand
    )

select *
from final

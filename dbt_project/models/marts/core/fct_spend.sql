-- Grain: one row per day, platform, campaign and channel; in the reporting currency, six decimals as ads platforms
-- bill. Three origins: ads platforms (their day), marketing_costs.csv (the first day of its month) and a CRM
-- campaign's actual cost, spread evenly over its dates where no ads campaign has its name or native id.
-- Hazard: a CRM campaign without dates has no day to stand on and is left out; round after summing, not before.
with
    spend_record as (select * from {{ ref("int_spend_record") }}),

    campaign as (select * from {{ ref("int_campaign") }}),

    campaign_channel as (select campaign_id, channel from {{ ref("dim_campaign") }}),

    channel_match as (select * from {{ ref("int_channel_match") }}),

    marketing_cost as (select * from {{ ref("stg_definitions__marketing_costs") }}),

    exchange_rate as (select * from {{ ref("stg_definitions__exchange_rates") }}),

    reporting as (
        select upper({{ setting("reporting_currency") }}) as currency, {{ to_reporting_date(as_of()) }} as as_of_day
    ),

    ads_spend as (
        select
            spend_date,
            platform,
            campaign_record_id as campaign_id,
            cast(null as {{ dbt.type_string() }}) as entered_channel,
            upper(trim(currency)) as currency,
            sum(cost) as cost,
            sum(impressions) as impressions,
            sum(clicks) as clicks
        from spend_record
        group by 1, 2, 3, 4, 5
    ),

    ads_key as (
        select lower(trim(name)) as campaign_key
        from campaign
        where is_ads_campaign
        union
        select lower({{ native_id_of("campaign_id") }}) as campaign_key
        from campaign
        where is_ads_campaign
    ),

    -- an end ten years ahead (9999-12-31) is none: its cost stands on the first day, as where no end is given
    dated_campaign as (
        select
            campaign_id,
            name,
            platform,
            currency,
            actual_cost,
            started_on,
            case when ended_on > {{ dbt.dateadd("year", 10, "started_on") }} then null else ended_on end as ended_on
        from campaign
        where not is_ads_campaign and actual_cost <> 0
    ),

    crm_campaign as (
        select
            campaign.campaign_id,
            campaign.platform,
            campaign.currency,
            campaign.actual_cost,
            {{ earliest("campaign.started_on", "campaign.ended_on") }} as first_day,
            greatest(
                coalesce(campaign.started_on, campaign.ended_on), coalesce(campaign.ended_on, campaign.started_on)
            ) as last_day
        from dated_campaign as campaign
        left join ads_key as by_name on lower(trim(campaign.name)) = by_name.campaign_key
        left join ads_key as by_id on lower({{ native_id_of("campaign.campaign_id") }}) = by_id.campaign_key
        where
            coalesce(campaign.started_on, campaign.ended_on) is not null
            and by_name.campaign_key is null
            and by_id.campaign_key is null
    ),

    crm_day as (
        select
            campaign_id,
            platform,
            currency,
            actual_cost,
            first_day,
            {{ dbt.datediff("first_day", "last_day", "day") }} + 1 as days,
            {{ days_between("first_day", "last_day") }} as spend_date
        from crm_campaign
    ),

    -- differences of rounded running totals: the days add up to the cost
    crm_spend as (
        select
            spend_date,
            platform,
            campaign_id,
            cast(null as {{ dbt.type_string() }}) as entered_channel,
            upper(trim(currency)) as currency,
            round(
                cast(actual_cost * ({{ dbt.datediff("first_day", "spend_date", "day") }} + 1) as decimal(28, 6))
                / cast(days as decimal(10, 0)),
                6
            ) - round(
                cast(actual_cost * {{ dbt.datediff("first_day", "spend_date", "day") }} as decimal(28, 6))
                / cast(days as decimal(10, 0)),
                6
            ) as cost,
            cast(null as bigint) as impressions,
            cast(null as bigint) as clicks
        from crm_day
    ),

    {{ campaign_key() }},

    cost_campaign as (
        select distinct marketing_cost.campaign, campaign_key.campaign_id
        from marketing_cost
        inner join campaign_key on campaign_key.campaign_key in {{ campaign_keys("marketing_cost.campaign") }}
        qualify row_number() over (partition by marketing_cost.campaign order by {{ campaign_precedence() }}) = 1
    ),

    entered_spend as (
        select
            marketing_cost.month_start as spend_date,
            'marketing_costs' as platform,
            cost_campaign.campaign_id,
            marketing_cost.channel as entered_channel,
            cast(null as {{ dbt.type_string() }}) as currency,
            sum(marketing_cost.cost) as cost,
            cast(null as bigint) as impressions,
            cast(null as bigint) as clicks
        from marketing_cost
        left join cost_campaign on marketing_cost.campaign = cost_campaign.campaign
        group by 1, 2, 3, 4
    ),

    spend as (
        select *
        from ads_spend
        union all
        select *
        from crm_spend
        union all
        select *
        from entered_spend
    ),

    -- a campaign that runs on has no rate for a day to come: it takes today's, unless that of the day is listed ahead
    foreign_day as (
        select distinct spend.currency, spend.spend_date, least(spend.spend_date, reporting.as_of_day) as known_day
        from spend
        cross join reporting
        where spend.currency <> reporting.currency
    ),

    day_rate as (
        select foreign_day.currency, foreign_day.spend_date, exchange_rate.rate
        from foreign_day
        left join
            exchange_rate
            on foreign_day.currency = exchange_rate.currency
            and (
                exchange_rate.rate_date
                between {{ dbt.dateadd("day", -7, "foreign_day.spend_date") }} and foreign_day.spend_date
                or exchange_rate.rate_date
                between {{ dbt.dateadd("day", -7, "foreign_day.known_day") }} and foreign_day.known_day
            )
        qualify
            row_number() over (
                partition by foreign_day.currency, foreign_day.spend_date order by exchange_rate.rate_date desc
            )
            = 1
    ),

    converted as (
        select
            spend.spend_date,
            spend.platform,
            coalesce(
                spend.entered_channel, campaign_channel.channel, platform_channel.channel, 'unassigned'
            ) as channel,
            spend.campaign_id,
            {{ period_start("month", "spend.spend_date") }} > reporting.as_of_day as is_planned,
            case
                when spend.currency is null or spend.currency = reporting.currency
                then cast(spend.cost as decimal(18, 6))
                when day_rate.rate is not null
                then cast(cast(spend.cost as decimal(38, 6)) * day_rate.rate as decimal(18, 6))
                else
                    cast(
                        {{
                            stop_with(
                                "'No exchange rate for ' || spend.currency || ' on ' || cast(spend.spend_date as "
                                ~ dbt.type_string()
                                ~ ") || ' or the 7 days before: add it to exchange_rates.csv'"
                            )
                        }} as decimal(18, 6)
                    )
            end as cost,
            spend.impressions,
            spend.clicks
        from spend
        cross join reporting
        left join day_rate on spend.currency = day_rate.currency and spend.spend_date = day_rate.spend_date
        left join campaign_channel on spend.campaign_id = campaign_channel.campaign_id
        left join
            channel_match as platform_channel
            on case when spend.campaign_id is null then {{ platform_source("spend.platform") }} end
            = platform_channel.source
            and platform_channel.medium = 'cpc'
            and platform_channel.campaign = ''
            and platform_channel.touch_type = 'web_session'
            and platform_channel.click_id = ''
    ),

    final as (
        select
            spend_date,
            platform,
            channel,
            campaign_id,
            is_planned,
            cast(sum(cost) as decimal(18, 6)) as cost,
            cast(sum(impressions) as bigint) as impressions,
            cast(sum(clicks) as bigint) as clicks
        from converted
        group by 1, 2, 3, 4, 5
    )

select *
from final

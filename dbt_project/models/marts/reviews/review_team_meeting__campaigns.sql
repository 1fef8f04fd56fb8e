-- Grain: one row per (week, campaign running in that week): its leads of the week and, of all its leads until then,
-- what they became by now. A CRM's record of an ads campaign, of the same name, is that campaign unless leads are its
-- own.
with
    named as (
        select campaign_id, lower(trim(name)) as name_key, is_ads_campaign
        from {{ ref("int_campaign") }}
        where trim(name) <> ''
    ),

    twin as (
        select crm.campaign_id
        from named as crm
        inner join named as ads on crm.name_key = ads.name_key
        where
            ads.is_ads_campaign
            and not crm.is_ads_campaign
            and crm.campaign_id not in (select campaign_id from {{ ref("metric_lead") }} where campaign_id is not null)
    ),

    campaigns as (select * from {{ ref("dim_campaign") }} where campaign_id not in (select campaign_id from twin)),

    leads as (
        select *, {{ period_start("week", "created_on") }} as week_start
        from {{ ref("metric_lead") }}
        where campaign_id is not null
    ),

    weeks as (select distinct week_start from {{ ref("dim_date") }} where date_day <= {{ as_of_day() }}),

    weekly as (
        select
            campaign_id,
            week_start,
            count(*) as leads,
            {{ count_if("is_mql") }} as mqls,
            {{ count_if("has_opportunity") }} as opportunities,
            {{ count_if("is_customer") }} as customers
        from leads
        group by campaign_id, week_start
    ),

    running as (
        select weeks.week_start, campaigns.campaign_id, campaigns.name, campaigns.channel
        from weeks
        inner join
            campaigns
            on cast(campaigns.started_on as date) <= {{ dbt.dateadd("day", 6, "weeks.week_start") }}
            and coalesce(cast(campaigns.ended_on as date), date '9999-12-31') >= weeks.week_start
    ),

    final as (
        select
            running.week_start,
            running.campaign_id,
            max(running.name) as name,
            max(running.channel) as channel,
            cast(
                coalesce(sum(case when weekly.week_start = running.week_start then weekly.leads end), 0) as bigint
            ) as leads_of_week,
            cast(coalesce(sum(weekly.leads), 0) as bigint) as leads,
            cast(coalesce(sum(weekly.mqls), 0) as bigint) as mqls,
            cast(coalesce(sum(weekly.opportunities), 0) as bigint) as opportunities,
            cast(coalesce(sum(weekly.customers), 0) as bigint) as customers,
            {{ rate("sum(weekly.mqls)", "sum(weekly.leads)") }} as mql_rate,
            {{ rate("sum(weekly.opportunities)", "sum(weekly.leads)") }} as lead_to_opportunity_rate
        from running
        left join weekly on running.campaign_id = weekly.campaign_id and weekly.week_start <= running.week_start
        group by running.week_start, running.campaign_id
    )

select *
from final

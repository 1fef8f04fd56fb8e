-- Grain: one row per (month, campaign that starts in the two months after it): what marketing plans next.
with
    campaigns as (select * from {{ ref("dim_campaign") }}),

    months as (select distinct month_start from {{ ref("dim_date") }} where date_day <= {{ as_of_day() }}),

    final as (
        select
            months.month_start,
            campaigns.campaign_id,
            campaigns.name,
            campaigns.channel,
            campaigns.platform,
            cast(campaigns.started_on as date) as started_on,
            cast(campaigns.ended_on as date) as ended_on
        from months
        inner join
            campaigns
            on cast(campaigns.started_on as date) >= {{ dbt.dateadd("month", 1, "months.month_start") }}
            and cast(campaigns.started_on as date) < {{ dbt.dateadd("month", 3, "months.month_start") }}
    )

select *
from final

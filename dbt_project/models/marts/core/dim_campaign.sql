-- Grain: one row per campaign of an ads platform, a CRM or the cost list. Its channel is that of a click from the ads
-- platform, of a response to the CRM's campaign, or as entered with the cost.
-- Hazard: a campaign's touches may stand in other channels (its link sent by e-mail): use the touch's channel there.
with
    campaign as (select * from {{ ref("int_campaign") }}),

    channel_match as (select * from {{ ref("int_channel_match") }}),

    final as (
        select
            campaign.campaign_id,
            campaign.name,
            coalesce(campaign.entered_channel, channel_match.channel) as channel,
            campaign.platform,
            campaign.campaign_type,
            campaign.started_on,
            campaign.ended_on,
            record.attributes
        from campaign
        inner join
            channel_match
            on channel_match.click_id = ''
            and coalesce(campaign.name, '') = channel_match.campaign
            and case
                when campaign.is_ads_campaign then {{ platform_source("campaign.platform") }} else campaign.platform
            end
            = channel_match.source
            and case when campaign.is_ads_campaign then 'cpc' else coalesce(campaign.campaign_type, '') end
            = channel_match.medium
            and case when campaign.is_ads_campaign then 'web_session' else 'campaign_response' end
            = channel_match.touch_type
        left join {{ ref("int_campaign_record") }} as record on campaign.campaign_id = record.record_id
    )

select *
from final

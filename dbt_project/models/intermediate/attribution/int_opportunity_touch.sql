-- Grain: one row per opportunity: its channel, and whether marketing sourced or influenced it. With a lead it takes the
-- lead's channel, campaign and content; without, those of the first touch of its pipeline path; without a touch it is
-- unattributed, with the campaign the CRM names. Sourced goes by the lead source; only where that is absent or a
-- filler,
-- by the path's first touch. The _by_account columns count touches of all people of the account: the buying group
-- beyond
-- the contact roles.
-- Hazard: sourced and influenced overlap: report them side by side, never summed.
with
    opportunity as (select * from {{ ref("int_opportunity") }}),

    opportunity_window as (select * from {{ ref("int_opportunity_window") }}),

    path as (select * from {{ ref("int_opportunity_path") }}),

    lead_touch as (select * from {{ ref("int_lead_touch") }}),

    touch as (select * from {{ ref("int_touch") }} where person_id is not null and is_marketing),

    person as (select * from {{ ref("int_person") }}),

    path_summary as (
        select
            path.opportunity_id,
            max(
                case when path.is_marketing and path.touched_at <= opportunity_window.created_at then 1 else 0 end
            ) as pipeline_marketing,
            max(
                case when path.is_marketing and path.touched_at <= opportunity_window.closed_at then 1 else 0 end
            ) as revenue_marketing,
            min(case when path.is_marketing then path.touched_at end) as first_marketing_touch_at
        from path
        inner join opportunity_window on path.opportunity_id = opportunity_window.opportunity_id
        group by path.opportunity_id
    ),

    first_touch as (
        select path.opportunity_id, path.touch_id, path.channel, path.campaign_id, path.content, path.is_marketing
        from path
        inner join opportunity_window on path.opportunity_id = opportunity_window.opportunity_id
        where path.path_number = 1 and path.touched_at <= opportunity_window.created_at
    ),

    account_summary as (
        select
            opportunity.opportunity_id,
            max(case when touch.touched_at <= opportunity_window.created_at then 1 else 0 end) as pipeline_marketing,
            max(case when touch.touched_at <= opportunity_window.closed_at then 1 else 0 end) as revenue_marketing
        from opportunity
        inner join opportunity_window on opportunity.opportunity_id = opportunity_window.opportunity_id
        inner join person on opportunity.account_id = person.account_id
        inner join
            touch
            on person.person_id = touch.person_id
            and touch.touched_at >= opportunity_window.path_starts_at
            and touch.touched_at <= opportunity_window.path_ends_at
        group by opportunity.opportunity_id
    ),

    final as (
        select
            opportunity.opportunity_id,
            case
                when lead_touch.lead_id is not null
                then lead_touch.channel
                else coalesce(first_touch.channel, 'unattributed')
            end as channel,
            case
                when lead_touch.lead_id is not null
                then lead_touch.campaign_id
                when first_touch.touch_id is not null
                then first_touch.campaign_id
                else opportunity.campaign_id
            end as campaign_id,
            case when lead_touch.lead_id is not null then lead_touch.content else first_touch.content end as content,
            coalesce(opportunity.is_marketing_lead_source, first_touch.is_marketing, false) as is_marketing_sourced,
            coalesce(path_summary.pipeline_marketing, 0) = 1 as is_marketing_influenced_pipeline,
            case
                when opportunity.is_won then coalesce(path_summary.revenue_marketing, 0) = 1
            end as is_marketing_influenced_revenue,
            coalesce(path_summary.pipeline_marketing, 0) = 1
            or coalesce(account_summary.pipeline_marketing, 0) = 1 as is_marketing_influenced_pipeline_by_account,
            case
                when opportunity.is_won
                then
                    coalesce(path_summary.revenue_marketing, 0) = 1
                    or coalesce(account_summary.revenue_marketing, 0) = 1
            end as is_marketing_influenced_revenue_by_account,
            path_summary.first_marketing_touch_at
        from opportunity
        left join lead_touch on opportunity.lead_id = lead_touch.lead_id
        left join first_touch on opportunity.opportunity_id = first_touch.opportunity_id
        left join path_summary on opportunity.opportunity_id = path_summary.opportunity_id
        left join account_summary on opportunity.opportunity_id = account_summary.opportunity_id
    )

select *
from final

-- Grain: one row per opportunity: its channel, and whether marketing sourced or influenced it. With a lead it takes the
-- lead's channel and campaign; without, those of the first touch of its pipeline path; without a touch it is
-- unattributed, with the campaign the CRM names. Sourced goes by the lead source; only where that is absent or a
-- filler, by the path's first touch. The _by_account columns count touches of all people of the account: the buying
-- group beyond the contact roles.
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
            opportunity_window.opportunity_id,
            path_summary.first_marketing_touch_at,
            path_summary.first_marketing_touch_at <= opportunity_window.created_at as is_pipeline_marketing,
            path_summary.first_marketing_touch_at <= opportunity_window.closed_at as is_revenue_marketing
        from opportunity_window
        inner join
            {{ ref("int_opportunity_path_summary") }} as path_summary
            on opportunity_window.opportunity_id = path_summary.opportunity_id
    ),

    first_touch as (
        select path.opportunity_id, path.touch_id, path.channel, path.campaign_id, path.is_marketing
        from path
        inner join opportunity_window on path.opportunity_id = opportunity_window.opportunity_id
        where path.path_number = 1 and path.touched_at <= opportunity_window.created_at
    ),

    -- only where the people of the opportunity alone do not settle it
    account_span as (
        select
            opportunity_window.opportunity_id,
            opportunity.account_id,
            opportunity_window.path_starts_at,
            opportunity_window.path_ends_at
        from opportunity
        inner join opportunity_window on opportunity.opportunity_id = opportunity_window.opportunity_id
        left join path_summary on opportunity.opportunity_id = path_summary.opportunity_id
        where
            not coalesce(path_summary.is_pipeline_marketing, false)
            or (opportunity.is_won and not coalesce(path_summary.is_revenue_marketing, false))
    ),

    -- materialized: joined in one go, the windows meet all touches of everybody before the accounts are compared
    account_touched as materialized(
        select person.account_id, touch.touched_at
        from touch
        inner join person on touch.person_id = person.person_id
        where person.account_id in (select account_id from account_span)
    ),

    account_touch as (
        select account_span.opportunity_id, min(account_touched.touched_at) as first_touched_at
        from account_span
        inner join
            account_touched
            on account_span.account_id = account_touched.account_id
            and account_touched.touched_at >= account_span.path_starts_at
            and account_touched.touched_at <= account_span.path_ends_at
        group by account_span.opportunity_id
    ),

    account_summary as (
        select
            opportunity_window.opportunity_id,
            account_touch.first_touched_at <= opportunity_window.created_at as is_pipeline_marketing,
            account_touch.first_touched_at <= opportunity_window.closed_at as is_revenue_marketing
        from account_touch
        inner join opportunity_window on account_touch.opportunity_id = opportunity_window.opportunity_id
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
            coalesce(opportunity.is_marketing_lead_source, first_touch.is_marketing, false) as is_marketing_sourced,
            coalesce(path_summary.is_pipeline_marketing, false) as is_marketing_influenced_pipeline,
            case
                when opportunity.is_won then coalesce(path_summary.is_revenue_marketing, false)
            end as is_marketing_influenced_revenue,
            coalesce(path_summary.is_pipeline_marketing, false)
            or coalesce(account_summary.is_pipeline_marketing, false) as is_marketing_influenced_pipeline_by_account,
            case
                when opportunity.is_won
                then
                    coalesce(path_summary.is_revenue_marketing, false)
                    or coalesce(account_summary.is_revenue_marketing, false)
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

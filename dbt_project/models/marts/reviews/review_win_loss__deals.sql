-- Grain: one row per closed new-business opportunity, with the touches and the content before it.
with
    opportunities as (select * from {{ ref("metric_opportunity") }} where is_closed and is_new_business),

    names as (select opportunity_id, name from {{ ref("fct_opportunity") }}),

    accounts as (select * from {{ ref("dim_account") }}),

    path as (
        select path.opportunity_id, path.touch_id, path.channel, path.touched_at, path.content
        from {{ ref("int_opportunity_path") }} as path
        inner join
            {{ ref("int_opportunity_window") }} as opportunity_window
            on path.opportunity_id = opportunity_window.opportunity_id
            and path.touched_at <= opportunity_window.created_at
    ),

    ordered as (
        select
            *,
            row_number() over (partition by opportunity_id order by touched_at, touch_id) as position,
            row_number() over (partition by opportunity_id order by touched_at desc, touch_id desc) as position_from_end
        from path
    ),

    touched as (
        select
            opportunity_id,
            count(*) as touches,
            max(case when position = 1 then channel end) as entry_channel,
            max(case when position = 1 then content end) as entry_content,
            max(case when position_from_end = 1 then channel end) as last_channel,
            max(case when position_from_end = 1 then content end) as last_content
        from ordered
        group by opportunity_id
    ),

    final as (
        select
            {{ period_start("quarter", "opportunities.closed_on") }} as quarter_start,
            opportunities.opportunity_id,
            names.name,
            accounts.name as account_name,
            opportunities.closed_on,
            case when opportunities.is_won then 'won' else 'lost' end as outcome,
            opportunities.amount,
            coalesce(opportunities.lead_source, 'no source') as lead_source,
            opportunities.loss_reason,
            opportunities.competitor,
            opportunities.opportunity_cycle_days,
            coalesce(cast(touched.touches as bigint), 0) as touches,
            touched.entry_channel,
            touched.entry_content,
            touched.last_channel,
            touched.last_content,
            coalesce(accounts.industry, 'unknown') as industry,
            coalesce(accounts.country, 'unknown') as country,
            case
                when accounts.employee_count is null
                then 'unknown'
                when accounts.employee_count < 50
                then '1 to 49'
                when accounts.employee_count < 250
                then '50 to 249'
                when accounts.employee_count < 1000
                then '250 to 999'
                else '1,000 and more'
            end as company_size
        from opportunities
        left join names on opportunities.opportunity_id = names.opportunity_id
        left join accounts on opportunities.account_id = accounts.account_id
        left join touched on opportunities.opportunity_id = touched.opportunity_id
    )

select *
from final

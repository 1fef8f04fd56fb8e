-- Grain: one row per quarter of the close day and content that appears on the path of a closed opportunity: before how
-- many wins and losses, out of all of the quarter. Several contents share an opportunity.
-- Hazard: do not sum opportunities over contents.
with
    opportunity as (
        select
            opportunity_id,
            is_won,
            closed_at,
            cast(
                {{ dbt.date_trunc("quarter", "coalesce(close_date, " ~ to_reporting_date("closed_at") ~ ")") }} as date
            ) as quarter_start
        from {{ ref("int_opportunity") }}
        where is_closed
    ),

    path as (select * from {{ ref("int_opportunity_path") }} where content is not null),

    quarter as (
        select
            quarter_start,
            count(case when is_won then 1 end) as all_won,
            count(case when not is_won then 1 end) as all_lost
        from opportunity
        group by quarter_start
    ),

    appearance as (
        select
            opportunity.quarter_start, path.content, opportunity.opportunity_id, opportunity.is_won, count(*) as touches
        from opportunity
        inner join path on opportunity.opportunity_id = path.opportunity_id and path.touched_at <= opportunity.closed_at
        group by 1, 2, 3, 4
    ),

    final as (
        select
            appearance.quarter_start,
            appearance.content,
            cast(count(case when appearance.is_won then 1 end) as bigint) as won_opportunities,
            cast(count(case when not appearance.is_won then 1 end) as bigint) as lost_opportunities,
            cast(sum(case when appearance.is_won then appearance.touches else 0 end) as bigint) as won_touches,
            cast(sum(case when not appearance.is_won then appearance.touches else 0 end) as bigint) as lost_touches,
            count(case when appearance.is_won then 1 end)
            / cast(nullif(max(quarter.all_won), 0) as double) as share_of_won,
            count(case when not appearance.is_won then 1 end)
            / cast(nullif(max(quarter.all_lost), 0) as double) as share_of_lost
        from appearance
        inner join quarter on appearance.quarter_start = quarter.quarter_start
        group by 1, 2
    )

select *
from final

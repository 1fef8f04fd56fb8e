-- Grain: one row per open opportunity that has been in its stage longer than the median of all finished stays in that
-- stage, as of now (an end to come is none), in days of the reporting time zone. A deal whose history does not know
-- its stage yet is not listed.
with
    events as (select * from {{ ref("fct_opportunity_stage_event") }}),

    opportunities as (select * from {{ ref("fct_opportunity") }} where not is_closed),

    accounts as (select account_id, name from {{ ref("dim_account") }}),

    owners as (select owner_id, name from {{ ref("dim_owner") }}),

    usual as (
        select
            stage,
            cast(
                percentile_cont(0.5) within group (
                    order by {{ dbt.datediff(to_reporting_date("entered_at"), to_reporting_date("exited_at"), "day") }}
                ) as double
            ) as median_stage_days
        from events
        where exited_at <= {{ as_of() }}
        group by stage
    ),

    standing as (
        select
            opportunity_id,
            stage,
            cast(
                {{ dbt.datediff(to_reporting_date("max(entered_at)"), to_reporting_date(as_of()), "day") }} as bigint
            ) as days_in_stage
        from events
        where exited_at is null
        group by opportunity_id, stage
    ),

    final as (
        select
            opportunities.opportunity_id,
            opportunities.name,
            accounts.name as account_name,
            coalesce(owners.name, opportunities.owner_id, 'no owner') as owner_name,
            standing.stage,
            cast(coalesce(opportunities.amount, 0) as decimal(18, 2)) as amount,
            standing.days_in_stage,
            usual.median_stage_days
        from opportunities
        inner join
            standing on opportunities.opportunity_id = standing.opportunity_id and opportunities.stage = standing.stage
        inner join usual on standing.stage = usual.stage
        left join accounts on opportunities.account_id = accounts.account_id
        left join owners on opportunities.owner_id = owners.owner_id
        where standing.days_in_stage > usual.median_stage_days
    )

select *
from final

-- Grain: one row per opportunity, with its reporting days. The one place that says which revenue is shared;
-- the marts and the semantic layer both read it.
-- Hazard: count customers by is_customer_win, never by is_won: an account is won as a customer once.
with
    opportunities as (select * from {{ ref("fct_opportunity") }}),

    leads as (select lead_id, created_at, sql_at from {{ ref("fct_lead") }}),

    marketing_touches as (
        select opportunity_id, {{ to_reporting_date("first_marketing_touch_at") }} as first_marketing_touch_on
        from {{ ref("int_opportunity_touch") }}
    ),

    joined as (
        select
            opportunities.*,
            leads.created_at as lead_created_at,
            leads.sql_at,
            marketing_touches.first_marketing_touch_on
        from opportunities
        left join leads on opportunities.lead_id = leads.lead_id
        left join marketing_touches on opportunities.opportunity_id = marketing_touches.opportunity_id
    ),

    final as (
        select
            opportunity_id,
            source_system,
            account_id,
            lead_id,
            person_id,
            owner_id,
            campaign_id,
            lead_source,
            channel,
            {{ to_reporting_date("created_at") }} as created_on,
            {{ to_reporting_date("qualified_at") }} as qualified_on,
            cast(close_date as date) as closed_on,
            {{ to_reporting_date("closed_at") }} as left_pipeline_on,
            first_marketing_touch_on,
            cast(coalesce(amount, 0) as decimal(18, 2)) as amount,
            is_closed,
            is_won,
            is_qualified,
            is_new_business,
            coalesce(is_marketing_sourced, false) as is_marketing_sourced,
            coalesce(is_marketing_influenced_pipeline, false) as is_marketing_influenced_pipeline,
            coalesce(is_marketing_influenced_revenue, false) as is_marketing_influenced_revenue,
            coalesce(is_customer_acquired, false) as is_customer_win,
            is_won
            and sql_at is not null
            and (
                coalesce(is_marketing_sourced, false) or coalesce(is_marketing_influenced_revenue, false)
            ) as is_shared_revenue,
            loss_reason,
            competitor,
            cast(
                case
                    when is_won
                    then {{ dbt.datediff(to_reporting_date("lead_created_at"), "cast(close_date as date)", "day") }}
                end as bigint
            ) as lead_to_won_days,
            cast(cycle_days as bigint) as opportunity_cycle_days
        from joined
    )

select *
from final

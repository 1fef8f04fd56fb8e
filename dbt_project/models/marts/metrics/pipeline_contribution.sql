-- Grain: one row per (month an opportunity was created, its own channel, its campaign). Qualified opportunities of all
-- types, at their amount of today. Hazard: sourced and influenced overlap; they stand side by side and are never
-- summed.
with
    opportunities as (select * from {{ ref("metric_opportunity") }} where is_qualified),

    counted as (
        select
            {{ period_start("month", "created_on") }} as month_start,
            channel,
            campaign_id,
            {{ sum_if("amount", "is_qualified") }} as pipeline_created,
            {{ sum_if("amount", "is_marketing_sourced") }} as pipeline_sourced,
            {{ sum_if("amount", "is_marketing_influenced_pipeline") }} as pipeline_influenced,
            cast(count(*) as bigint) as opportunities,
            {{ sum_if("amount", "is_new_business") }} as new_business_pipeline_created
        from opportunities
        group by {{ period_start("month", "created_on") }}, channel, campaign_id
    ),

    final as (
        select
            *,
            {{ rate("pipeline_sourced", "pipeline_created") }} as sourced_share,
            {{ rate("pipeline_influenced", "pipeline_created") }} as influenced_share
        from counted
    )

select *
from final

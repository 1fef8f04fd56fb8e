-- Grain: one row per (scorecard version, score band): conversion in the months whose horizon is over, the figures a
-- threshold can be agreed on.
with
    performance as (select * from {{ ref("score_performance") }} where is_mature),

    by_band as (
        select version, score_band, sum(leads) as leads, sum(conversions) as conversions, max(month_start) as last_month
        from performance
        group by version, score_band
    ),

    final as (
        select
            version,
            score_band,
            cast(leads as bigint) as leads,
            cast(conversions as bigint) as conversions,
            {{ rate("conversions", "leads") }} as conversion_rate,
            {{ rate("conversions", "leads") }} / nullif(
                {{ rate("sum(conversions) over (partition by version)", "sum(leads) over (partition by version)") }}, 0
            ) as lift,
            cast(max(last_month) over (partition by version) as date) as last_month
        from by_band
    )

select *
from final

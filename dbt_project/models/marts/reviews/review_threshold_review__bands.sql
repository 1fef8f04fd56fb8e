-- Grain: one row per (month, scorecard version, score band): whether higher bands convert better, and whether the
-- leads have drifted.
with
    performance as (select * from {{ ref("score_performance") }}),

    versions as (select * from {{ ref("scorecard_version") }}),

    final as (
        select
            cast(performance.month_start as date) as month_start,
            cast(performance.version as varchar) as version,
            cast(performance.score_band as varchar) as score_band,
            cast(performance.leads as bigint) as leads,
            cast(performance.conversions as bigint) as conversions,
            cast(performance.conversion_rate as double) as conversion_rate,
            cast(performance.lift as double) as lift,
            cast(performance.psi as double) as psi,
            versions.status
        from performance
        left join versions on performance.version = versions.version
    )

select *
from final

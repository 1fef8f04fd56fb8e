-- Grain: one row per (month, scorecard version, score band): whether higher bands convert better, and whether the
-- leads have drifted. is_in_force: the version that the month's last handed-off lead was scored by.
with
    performance as (select * from {{ ref("score_performance") }}),

    versions as (select * from {{ ref("scorecard_version") }}),

    in_force as (
        select
            cast({{ dbt.date_trunc("month", to_reporting_date("scored_at")) }} as date) as month_start,
            max_by(version, scored_at) as version
        from {{ ref("lead_score") }}
        where is_in_force and is_handed_off
        group by 1
    ),

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
            versions.status,
            in_force.version is not null as is_in_force
        from performance
        left join versions on performance.version = versions.version
        left join in_force on performance.month_start = in_force.month_start and performance.version = in_force.version
    )

select *
from final

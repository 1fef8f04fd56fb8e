-- Grain: one row per scorecard version: champion and challengers, how well they rank, and the threshold each
-- proposes (the one marked in score_threshold, else a learned card's own), beside the one agreed.
with
    versions as (select * from {{ ref("scorecard_version") }}),

    proposals as (
        select version, max(threshold) as threshold from {{ ref("score_threshold") }} where is_proposed group by version
    ),

    final as (
        select
            cast(versions.version as varchar) as version,
            cast(versions.trained_at as timestamp) as trained_at,
            cast(versions.status as varchar) as status,
            cast(versions.method as varchar) as method,
            cast(versions.leads as bigint) as leads,
            cast(versions.wins as bigint) as wins,
            cast(versions.auc as double) as auc,
            cast(versions.auc_low as double) as auc_low,
            cast(versions.auc_high as double) as auc_high,
            cast(versions.calibration_slope as double) as calibration_slope,
            cast(
                coalesce(
                    proposals.threshold, case when versions.method <> 'rule points' then versions.threshold end
                ) as double
            ) as proposed_threshold,
            cast({{ setting("handoff_score_threshold") }} as double) as agreed_threshold,
            cast(versions.note as varchar) as note
        from versions
        left join proposals on versions.version = proposals.version
    )

select *
from final

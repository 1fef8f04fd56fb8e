-- Grain: one row per scorecard version: champion and challengers, how well they rank, and the threshold each
-- proposes, beside the one agreed.
select
    cast(version as varchar) as version,
    cast(trained_at as timestamp) as trained_at,
    cast(status as varchar) as status,
    cast(method as varchar) as method,
    cast(leads as bigint) as leads,
    cast(wins as bigint) as wins,
    cast(auc as double) as auc,
    cast(auc_low as double) as auc_low,
    cast(auc_high as double) as auc_high,
    cast(calibration_slope as double) as calibration_slope,
    cast(threshold as double) as proposed_threshold,
    cast({{ setting("handoff_score_threshold") }} as double) as agreed_threshold
from {{ ref("scorecard_version") }}

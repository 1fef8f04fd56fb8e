-- Grain: one row per (scorecard version, threshold): what handing off from that score on would bring in a month.
-- Hazard: a threshold's row contains the leads of every higher one: never sum over thresholds.
select
    cast(version as varchar) as version,
    cast(threshold as double) as threshold,
    leads_per_month,
    opportunities_per_month,
    rejections_per_month,
    wins_per_month,
    win_rate,
    share_of_wins,
    is_proposed,
    cast(threshold as double) = ceil(cast({{ setting("handoff_score_threshold") }} as double)) as is_agreed
from {{ ref("score_threshold") }}

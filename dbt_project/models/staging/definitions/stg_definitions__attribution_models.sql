-- Grain: one row per attribution model. Weights are relative: they are divided by their sum where they are applied.
select
    model,
    lower(kind) as kind,
    coalesce(cast(first as double), 0) as first_weight,
    coalesce(cast(lead_created as double), 0) as lead_created_weight,
    coalesce(cast(opportunity_created as double), 0) as opportunity_created_weight,
    coalesce(cast(last as double), 0) as last_weight,
    coalesce(cast(others as double), 0) as others_weight,
    coalesce(exclude_channels, '') as exclude_channels
from {{ ref("attribution_models") }}

-- Grain: one row per attribution model. Weights are relative: they are divided by their sum where they are applied.
select
    {{ cell("model") }} as model,
    lower({{ cell("kind") }}) as kind,
    coalesce(cast({{ cell("first") }} as double), 0) as first_weight,
    coalesce(cast({{ cell("lead_created") }} as double), 0) as lead_created_weight,
    coalesce(cast({{ cell("opportunity_created") }} as double), 0) as opportunity_created_weight,
    coalesce(cast({{ cell("last") }} as double), 0) as last_weight,
    coalesce(cast({{ cell("others") }} as double), 0) as others_weight,
    coalesce({{ cell("exclude_channels") }}, '') as exclude_channels
from {{ ref("attribution_models") }}

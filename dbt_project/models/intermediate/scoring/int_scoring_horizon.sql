-- Grain: one row. mature_until: the newest first handoff for whose outcome the horizon is over.
select
    max(
        case
            when
                {{ seconds_between("scored_at", as_of()) }}
                >= 86400 * cast({{ setting("scoring_horizon_days") }} as integer)
            then scored_at
        end
    ) as mature_until
from {{ ref("int_lead_signal_at_handoff") }}

-- Grain: one row. created_until: the creation of the newest lead that is older than maturity: int_markov_transition
-- asks it in place of the clock, and stands until the next lead is.
select
    max(
        case
            when {{ add_days("created_at", "cast(" ~ setting("maturity_days") ~ " as integer)") }} < {{ as_of() }}
            then created_at
        end
    ) as created_until
from {{ ref("int_lead") }}

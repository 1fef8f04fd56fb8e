-- Grain: one row. happened_until, as in int_event_horizon, by the touches alone: paths need not wait for the stages of
-- leads.
select
    {{
        horizon(
            "max(touched_at)",
            "max(case when touched_at <= " ~ as_of() ~ " then touched_at end)",
        )
    }} as happened_until
from {{ ref("int_touch") }}

-- Grain: one row. happened_until, as in int_event_horizon, by the touches alone: paths need not wait for the stages of
-- leads.
select
    case
        when max(touched_at) > {{ as_of() }} then {{ as_of() }} else timestamp '9999-12-31 00:00:00'
    end as happened_until
from {{ ref("int_touch") }}

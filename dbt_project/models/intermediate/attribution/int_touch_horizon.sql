-- Grain: one row. happened_until, as in int_event_horizon, by the touches alone: paths need not wait for the stages of
-- leads.
select {{ horizon("max(touched_at)", newest_by_now("touched_at")) }} as happened_until from {{ ref("int_touch") }}

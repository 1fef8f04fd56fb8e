-- Grain: one row per (calendar quarter, metric), as metric_month has it per month: rates and medians of the quarter's
-- own leads, handoffs and deals. open_pipeline and its shares are those at the quarter's end (or now).
-- Hazard: metrics of different units share the value column.
{{ metric_by_period("quarter") }}

-- Grain: one row per day: the days MetricFlow counts along, those of the shared calendar.
{{ config(schema="metrics", materialized="table") }} select date_day from {{ ref("dim_date") }}

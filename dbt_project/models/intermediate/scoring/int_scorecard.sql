-- Grain: one row per learned card, whether in force or not.
{{ config(materialized="view") }} select * from {{ source("scoring_store", "scorecard") }}

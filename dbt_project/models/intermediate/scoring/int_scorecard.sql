-- Grain: one row per learned card, whether in force or not.
{{ config(materialized="view") }}

with card as (select * from {{ source("scoring_store", "scorecard") }})

select *
from card

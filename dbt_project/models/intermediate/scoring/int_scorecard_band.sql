-- Grain: one row per learned card and score band: the share of the leads it was learned from.
{{ config(materialized="view") }}

with card as (select * from {{ source("scoring_store", "scorecard_band") }})

select version, score_band, share
from card

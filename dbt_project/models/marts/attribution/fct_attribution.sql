-- Grain: one row per opportunity, basis, model and touch with weight, or one unattributed row without a touch.
-- Hazard: every model and basis divides the whole amount: choose one of each before summing credited_amount.
{{ config(materialized="view") }}

with
    rule_credit as (select * from {{ ref("int_attribution_credit") }}),

    markov_credit as (select * from {{ ref("int_attribution_credit_markov") }}),

    credit as (
        select *
        from rule_credit
        union all
        select *
        from markov_credit
    ),

    final as (
        select
            opportunity_id, basis, model, touch_id, channel, campaign_id, content, touched_at, weight, credited_amount
        from credit
    )

select *
from final

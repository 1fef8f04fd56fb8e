-- Grain: one row per converted opportunity, basis, rule-based model (position, decay, shapley) and touch with weight,
-- or one unattributed row. Incremental by content, not by arrival: the rows of an opportunity whose fingerprint no
-- longer matches are deleted, those that are missing are made. A night killed between the two heals itself the next
-- night.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_stale(ref('int_attribution_anchor'), 'tonight.is_converted') }}",
        post_hook="{{ forget_standing() }}",
    )
}}

with
    anchor as (select * from {{ ref("int_attribution_anchor") }} where is_converted),

    {{ due_row("anchor") }},

    model as (select * from {{ ref("int_attribution_model") }} where kind <> 'markov'),

    {{ rule_credit("due", "model") }}

select *
from credited

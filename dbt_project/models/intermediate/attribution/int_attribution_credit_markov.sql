-- Grain: one row per converted opportunity, basis, Markov model and touch, or one unattributed row. Refitted every
-- night:
-- a channel's removal effect depends on all paths, so every opportunity's credit may move.
with
    due as (select * from {{ ref("int_attribution_anchor") }} where is_converted),

    model as (select * from {{ ref("int_attribution_model") }} where kind = 'markov'),

    removal_effect as (select * from {{ ref("int_markov_removal_effect") }}),

    {{ basis_touch("due") }},

    {{ step_touch("model") }},

    channel_touch as (
        select
            step_touch.opportunity_id,
            step_touch.basis,
            model.model,
            step_touch.exclusion,
            step_touch.channel,
            -- whole numbers add up in any order to the same sum
            cast(round(1e15 * max(removal_effect.removal_effect)) as bigint) as strength,
            count(*) as channel_touches
        from step_touch
        inner join model on step_touch.exclusion = model.exclusion
        inner join
            removal_effect
            on model.model = removal_effect.model
            and step_touch.basis = removal_effect.basis
            and step_touch.channel = removal_effect.channel
        group by 1, 2, 3, 4, 5
    ),

    channel_share as (
        select
            *,
            sum(strength) over (partition by opportunity_id, basis, model) as path_strength,
            count(*) over (partition by opportunity_id, basis, model) as channels
        from channel_touch
    ),

    weighted as (
        select
            step_touch.opportunity_id,
            step_touch.basis,
            channel_share.model,
            step_touch.touch_number,
            step_touch.touch_id,
            step_touch.channel,
            step_touch.campaign_id,
            step_touch.content,
            step_touch.touched_at,
            case
                when channel_share.path_strength > 0
                then cast(channel_share.strength as double) / cast(channel_share.path_strength as double)
                else 1 / cast(channel_share.channels as double)
            end
            / channel_share.channel_touches as weight
        from step_touch
        inner join
            channel_share
            on step_touch.opportunity_id = channel_share.opportunity_id
            and step_touch.basis = channel_share.basis
            and step_touch.exclusion = channel_share.exclusion
            and step_touch.channel = channel_share.channel
    ),

    {{ allocate_cents("weighted", "due", "model") }}

select *
from credited

-- Grain: one row per converted opportunity, basis, Markov model and touch, or one unattributed row. Refitted as a
-- whole where anything changed: a channel's removal effect depends on all paths, so every credit may move.
-- A deal whose creation is still to come is no path of the chain yet: a channel that only such deals know has no effect
-- to remove, and where a path has no other, its channels share evenly.
with
    due as (select * from {{ ref("int_attribution_anchor") }} where is_converted),

    model as (select * from {{ ref("int_attribution_model") }} where kind = 'markov'),

    removal_effect as (select * from {{ ref("int_markov_removal_effect") }}),

    {{ basis_touch("due") }},

    {{ step_touch("model") }},

    path_channel as (
        select
            step_touch.path_key, due.basis, step_touch.exclusion_number, step_touch.channel, count(*) as channel_touches
        from step_touch
        inner join due on step_touch.path_key = due.path_key
        group by 1, 2, 3, 4
    ),

    channel_touch as (
        select
            path_channel.path_key,
            path_channel.exclusion_number,
            path_channel.channel,
            path_channel.channel_touches,
            model.model_number,
            -- whole numbers add up in any order to the same sum
            cast(round(1e15 * coalesce(removal_effect.removal_effect, 0)) as bigint) as strength
        from path_channel
        inner join model on path_channel.exclusion_number = model.exclusion_number
        left join
            removal_effect
            on model.model = removal_effect.model
            and path_channel.basis = removal_effect.basis
            and path_channel.channel = removal_effect.channel
    ),

    channel_path as (
        select path_key, model_number, cast(sum(strength) as double) as path_strength, count(*) as channels
        from channel_touch
        group by 1, 2
    ),

    weighted as (
        select
            step_touch.path_key,
            channel_touch.model_number,
            step_touch.path_number,
            case
                when channel_path.path_strength > 0
                then cast(channel_touch.strength as double) / channel_path.path_strength
                else 1 / cast(channel_path.channels as double)
            end
            / channel_touch.channel_touches as weight
        from step_touch
        inner join
            channel_touch
            on step_touch.path_key = channel_touch.path_key
            and step_touch.exclusion_number = channel_touch.exclusion_number
            and step_touch.channel = channel_touch.channel
        inner join
            channel_path
            on channel_touch.path_key = channel_path.path_key
            and channel_touch.model_number = channel_path.model_number
    ),

    {{ allocate_cents("weighted", "due", "model") }}

select *
from credited

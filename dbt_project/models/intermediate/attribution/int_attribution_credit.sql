-- Grain: one row per converted opportunity, basis, rule-based model (position, decay, shapley) and touch with weight,
-- or one unattributed row. Incremental by content, not by arrival: the rows of an opportunity whose fingerprint no
-- longer
-- matches are deleted, those that are missing are made. A night killed between the two heals itself the next night.
{{
    config(
        materialized="incremental",
        incremental_strategy="append",
        on_schema_change="fail",
        pre_hook="{{ delete_stale_credit() }}",
    )
}}

with
    anchor as (select * from {{ ref("int_attribution_anchor") }} where is_converted),

    {% if is_incremental() %} standing as (select distinct opportunity_id, basis from {{ this }}), {% endif %}

    due as (
        select anchor.*
        from anchor
        {% if is_incremental() %}
            left join standing on anchor.opportunity_id = standing.opportunity_id and anchor.basis = standing.basis
            where standing.opportunity_id is null
        {% endif %}
    ),

    model as (select * from {{ ref("int_attribution_model") }} where kind <> 'markov'),

    {{ basis_touch("due") }},

    {{ step_touch("model") }},

    {{ step_path("due") }},

    -- Position models. A held position takes its weight, and in proportion the weight of those no touch holds; others
    -- share theirs evenly, or leave it to the positions where there is no other touch.
    position_rule as (
        select
            step_path.path_key,
            step_path.touches,
            model.*,
            case when model.first_weight > 0 then 1 else 0 end as first_number,
            case when model.lead_created_weight > 0 then step_path.lead_created_number else 0 end as lead_number,
            case
                when model.opportunity_created_weight > 0 then step_path.opportunity_created_number else 0
            end as opportunity_number,
            case
                when model.last_weight > 0 and not (model.is_last_before_close and step_path.basis = 'pipeline')
                then step_path.touches
                else 0
            end as last_number
        from step_path
        inner join model on step_path.exclusion_number = model.exclusion_number and model.kind = 'position'
    ),

    -- number 0: held by no touch
    position_share as (
        select
            *,
            first_weight + lead_created_weight + opportunity_created_weight + last_weight as named_weight,
            case when first_number > 0 then first_weight else 0 end
            + case when lead_number > 0 then lead_created_weight else 0 end
            + case when opportunity_number > 0 then opportunity_created_weight else 0 end
            + case when last_number > 0 then last_weight else 0 end as held_weight,
            -- touches in no position: all less the distinct numbers held
            touches
            - case when first_number > 0 then 1 else 0 end
            - case when lead_number > 0 and lead_number <> first_number then 1 else 0 end
            - case
                when opportunity_number > 0 and opportunity_number not in (first_number, lead_number) then 1 else 0
            end
            - case
                when last_number > 0 and last_number not in (first_number, lead_number, opportunity_number)
                then 1
                else 0
            end as other_touches
        from position_rule
    ),

    position_scale as (
        select
            path_key,
            model_number,
            exclusion_number,
            first_number,
            lead_number,
            opportunity_number,
            last_number,
            first_weight,
            lead_created_weight,
            opportunity_created_weight,
            last_weight,
            case
                when held_weight = 0
                then 0
                when other_touches = 0 or others_weight = 0
                then 1 / held_weight
                else named_weight / (held_weight * (named_weight + others_weight))
            end as per_named_weight,
            case
                when held_weight = 0
                then 1 / cast(touches as double)
                when other_touches = 0 or others_weight = 0
                then 0
                else others_weight / ((named_weight + others_weight) * other_touches)
            end as per_other_touch
        from position_share
    ),

    position_weight as (
        select
            step_touch.path_key,
            position_scale.model_number,
            step_touch.path_number,
            case
                when
                    step_touch.touch_number in (
                        position_scale.first_number,
                        position_scale.lead_number,
                        position_scale.opportunity_number,
                        position_scale.last_number
                    )
                then
                    position_scale.per_named_weight * (
                        case
                            when step_touch.touch_number = position_scale.first_number
                            then position_scale.first_weight
                            else 0
                        end + case
                            when step_touch.touch_number = position_scale.lead_number
                            then position_scale.lead_created_weight
                            else 0
                        end
                        + case
                            when step_touch.touch_number = position_scale.opportunity_number
                            then position_scale.opportunity_created_weight
                            else 0
                        end
                        + case
                            when step_touch.touch_number = position_scale.last_number
                            then position_scale.last_weight
                            else 0
                        end
                    )
                else position_scale.per_other_touch
            end as weight
        from step_touch
        inner join
            position_scale
            on step_touch.path_key = position_scale.path_key
            and step_touch.exclusion_number = position_scale.exclusion_number
            -- of a model that leaves nothing to others, only the held numbers are of interest
            and (
                position_scale.per_other_touch > 0
                or step_touch.touch_number in (
                    position_scale.first_number,
                    position_scale.lead_number,
                    position_scale.opportunity_number,
                    position_scale.last_number
                )
            )
    ),

    -- Time decay. Days before the last touch weigh the same as days before the anchor once divided by their sum, and do
    -- not vanish on long paths. Whole numbers add up in any order to the same sum.
    decay_touch as (
        select
            step_touch.path_key,
            step_touch.exclusion_number,
            step_touch.path_number,
            cast(
                round(
                    1e14 * power(
                        2,
                        -{{ elapsed_days("step_touch.touched_at", "step_path.last_touched_at") }}
                        / step_path.half_life_days
                    )
                ) as bigint
            ) as strength
        from step_touch
        inner join
            step_path
            on step_touch.path_key = step_path.path_key
            and step_touch.exclusion_number = step_path.exclusion_number
        where step_touch.exclusion_number in (select exclusion_number from model where kind = 'decay')
    ),

    decay_path as (
        select path_key, exclusion_number, cast(sum(strength) as double) as path_strength from decay_touch group by 1, 2
    ),

    decay_weight as (
        select
            decay_touch.path_key,
            model.model_number,
            decay_touch.path_number,
            cast(decay_touch.strength as double) / decay_path.path_strength as weight
        from decay_touch
        inner join
            decay_path
            on decay_touch.path_key = decay_path.path_key
            and decay_touch.exclusion_number = decay_path.exclusion_number
        inner join model on decay_touch.exclusion_number = model.exclusion_number and model.kind = 'decay'
    ),

    -- Shapley. v(S) = converting paths whose channels all lie in S: each path gives an equal part to each of its
    -- channels.
    channel_touch as (
        select path_key, exclusion_number, channel, count(*) as channel_touches
        from step_touch
        where exclusion_number in (select exclusion_number from model where kind = 'shapley')
        group by 1, 2, 3
    ),

    channel_path as (select path_key, exclusion_number, count(*) as channels from channel_touch group by 1, 2),

    shapley_weight as (
        select
            step_touch.path_key,
            model.model_number,
            step_touch.path_number,
            1 / cast(channel_path.channels * channel_touch.channel_touches as double) as weight
        from step_touch
        inner join
            channel_touch
            on step_touch.path_key = channel_touch.path_key
            and step_touch.exclusion_number = channel_touch.exclusion_number
            and step_touch.channel = channel_touch.channel
        inner join
            channel_path
            on step_touch.path_key = channel_path.path_key
            and step_touch.exclusion_number = channel_path.exclusion_number
        inner join model on step_touch.exclusion_number = model.exclusion_number and model.kind = 'shapley'
    ),

    weighted as (
        select path_key, model_number, path_number, weight
        from position_weight
        where weight > 0
        union all
        select path_key, model_number, path_number, weight
        from decay_weight
        where weight > 0
        union all
        select path_key, model_number, path_number, weight
        from shapley_weight
    ),

    {{ allocate_cents("weighted", "due", "model") }}

select *
from credited

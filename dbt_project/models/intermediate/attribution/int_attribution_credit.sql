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
            step_path.opportunity_id,
            step_path.basis,
            model.model,
            case when model.first_weight > 0 then 1 end as first_number,
            case when model.lead_created_weight > 0 then nullif(step_path.lead_created_number, 0) end as lead_number,
            case
                when model.opportunity_created_weight > 0 then nullif(step_path.opportunity_created_number, 0)
            end as opportunity_number,
            case
                when model.last_weight > 0 and not (model.is_last_before_close and step_path.basis = 'pipeline')
                then step_path.touches
            end as last_number,
            step_path.touches,
            model.first_weight,
            model.lead_created_weight,
            model.opportunity_created_weight,
            model.last_weight,
            model.others_weight
        from step_path
        inner join model on step_path.exclusion = model.exclusion and model.kind = 'position'
    ),

    position_share as (
        select
            *,
            first_weight + lead_created_weight + opportunity_created_weight + last_weight as named_weight,
            case when first_number is not null then first_weight else 0 end
            + case when lead_number is not null then lead_created_weight else 0 end
            + case when opportunity_number is not null then opportunity_created_weight else 0 end
            + case when last_number is not null then last_weight else 0 end as held_weight,
            -- touches in no position: all less the distinct numbers held
            touches
            - case when first_number is not null then 1 else 0 end
            - case when lead_number is not null and lead_number <> coalesce(first_number, 0) then 1 else 0 end
            - case
                when
                    opportunity_number is not null
                    and opportunity_number <> coalesce(first_number, 0)
                    and opportunity_number <> coalesce(lead_number, 0)
                then 1
                else 0
            end
            - case
                when
                    last_number is not null
                    and last_number <> coalesce(first_number, 0)
                    and last_number <> coalesce(lead_number, 0)
                    and last_number <> coalesce(opportunity_number, 0)
                then 1
                else 0
            end as other_touches
        from position_rule
    ),

    position_scale as (
        select
            *,
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
            step_touch.opportunity_id,
            step_touch.basis,
            position_scale.model,
            step_touch.touch_number,
            step_touch.touch_id,
            step_touch.channel,
            step_touch.campaign_id,
            step_touch.content,
            step_touch.touched_at,
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
        inner join model on step_touch.exclusion = model.exclusion and model.kind = 'position'
        inner join
            position_scale
            on step_touch.opportunity_id = position_scale.opportunity_id
            and step_touch.basis = position_scale.basis
            and model.model = position_scale.model
    ),

    -- Time decay. Days before the last touch weigh the same as days before the anchor once divided by their sum, and do
    -- not vanish on long paths. Whole numbers add up in any order to the same sum.
    decay_touch as (
        select
            step_touch.*,
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
            on step_touch.opportunity_id = step_path.opportunity_id
            and step_touch.basis = step_path.basis
            and step_touch.exclusion = step_path.exclusion
        where step_touch.exclusion in (select exclusion from model where kind = 'decay')
    ),

    decay_weight as (
        select
            decay_touch.opportunity_id,
            decay_touch.basis,
            model.model,
            decay_touch.touch_number,
            decay_touch.touch_id,
            decay_touch.channel,
            decay_touch.campaign_id,
            decay_touch.content,
            decay_touch.touched_at,
            cast(decay_touch.strength as double) / cast(
                sum(decay_touch.strength) over (
                    partition by decay_touch.opportunity_id, decay_touch.basis, model.model
                ) as double
            ) as weight
        from decay_touch
        inner join model on decay_touch.exclusion = model.exclusion and model.kind = 'decay'
    ),

    -- Shapley. v(S) = converting paths whose channels all lie in S: each path gives an equal part to each of its
    -- channels.
    channel_touch as (
        select
            opportunity_id,
            basis,
            exclusion,
            channel,
            count(*) as channel_touches,
            count(*) over (partition by opportunity_id, basis, exclusion) as channels
        from step_touch
        where exclusion in (select exclusion from model where kind = 'shapley')
        group by 1, 2, 3, 4
    ),

    shapley_weight as (
        select
            step_touch.opportunity_id,
            step_touch.basis,
            model.model,
            step_touch.touch_number,
            step_touch.touch_id,
            step_touch.channel,
            step_touch.campaign_id,
            step_touch.content,
            step_touch.touched_at,
            1 / cast(channel_touch.channels * channel_touch.channel_touches as double) as weight
        from step_touch
        inner join
            channel_touch
            on step_touch.opportunity_id = channel_touch.opportunity_id
            and step_touch.basis = channel_touch.basis
            and step_touch.exclusion = channel_touch.exclusion
            and step_touch.channel = channel_touch.channel
        inner join model on step_touch.exclusion = model.exclusion and model.kind = 'shapley'
    ),

    weighted as (
        select *
        from position_weight
        where weight > 0
        union all
        select *
        from decay_weight
        where weight > 0
        union all
        select *
        from shapley_weight
    ),

    {{ allocate_cents("weighted", "due", "model") }}

select *
from credited

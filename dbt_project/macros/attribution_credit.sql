{#- The steps that every attribution model shares: its path, and the money divided to the cent. Between the first
    and the last step a touch is two numbers, its path and its place on it: texts join again at the end. -#}
{% macro delete_stale(source, condition="true") -%}
    {#- Before a kept table is built: deletes the rows whose fingerprint is in tonight's `source` no longer, because what
        they were made from changed or vanished, or the SQL that makes them did. A table of another release, with other
        columns, is emptied. -#}
    {% if not is_incremental() %} select 1
    {% elif not has_columns_of(compiled_code) %} {{ make_empty(compiled_code) }}
    {% else %}
        delete from {{ this }} as kept
        where
            not exists (
                select 1 from {{ source }} as tonight where {{ condition }} and tonight.fingerprint = kept.fingerprint
            )
    {% endif %}
{%- endmacro %}

{% macro has_columns_of(query) -%}
    {% set kept = adapter.get_columns_in_relation(this) | map(attribute="name") | sort %}
    {{ return(kept == get_columns_in_query(query) | sort) }}
{%- endmacro %}

{% macro has_fingerprints() -%}
    {#- Not on the first night, and not in a warehouse of a release that kept none. -#}
    {{
        return(
            is_incremental() and "fingerprint" in adapter.get_columns_in_relation(this) | map(attribute="name") | list
        )
    }}
{%- endmacro %}

{% macro due_row(source) -%}
    {#- CTE due: the rows of `source` whose fingerprint no kept row has. -#}
    {% if has_fingerprints() %} standing as (select distinct fingerprint from {{ this }}), {% endif %}

    due as (
        select {{ source }}.*
        from {{ source }}
        {% if has_fingerprints() %}
            left join standing on {{ source }}.fingerprint = standing.fingerprint where standing.fingerprint is null
        {% endif %}
    )
{%- endmacro %}

{% macro opportunity_span() -%}
    {#- CTE span: the window of each opportunity, once per person of it. -#}
    span as (
        select opportunity_window.*, opportunity_person.person_id
        from {{ ref("int_opportunity_window") }} as opportunity_window
        inner join
            (select distinct opportunity_id, person_id from {{ ref("int_opportunity_person") }}) as opportunity_person
            on opportunity_window.opportunity_id = opportunity_person.opportunity_id
    )
{%- endmacro %}

{% macro numbered_path(span, touch) -%}
    {#- CTE numbered_path: the touches of each span in order. A macro, because the text of this SQL is part of the
        fingerprint of what it makes. -#}
    numbered_path as (
        select
            {{ span }}.opportunity_id,
            row_number() over (
                partition by {{ span }}.opportunity_id order by {{ touch }}.touched_at, {{ touch }}.touch_id
            ) as path_number,
            {{ touch }}.touch_id,
            {{ touch }}.person_id,
            {{ touch }}.touched_at,
            {{ touch }}.channel,
            {{ touch }}.is_marketing,
            {{ touch }}.campaign_id,
            {{ touch }}.content,
            {{ span }}.fingerprint
        from {{ span }}
        inner join
            {{ touch }}
            on {{ span }}.person_id = {{ touch }}.person_id
            and {{ touch }}.touched_at >= {{ span }}.path_starts_at
            and {{ touch }}.touched_at <= {{ span }}.path_ends_at
    )
{%- endmacro %}

{% macro basis_touch(due) -%}
    {#- CTE basis_touch: the touches of each path of `due`, up to the anchor of its basis. -#}
    basis_touch as (
        select
            {{ due }}.path_key,
            path.path_number,
            path.touch_id,
            path.touched_at,
            path.channel,
            path.campaign_id,
            path.content
        from {{ due }}
        inner join
            {{ ref("int_opportunity_path") }} as path
            on {{ due }}.opportunity_id = path.opportunity_id
            and path.touched_at <= {{ due }}.anchor_at
    )
{%- endmacro %}

{% macro step_touch(model, touches="basis_touch") -%}
    {#- CTE step_touch, out of the touches: each path as each exclusion of the models sees it, numbered anew. The
        touches of excluded channels are skipped, unless all are of these channels. -#}
    excluded_channel as (
        select distinct exclusion_number, {{ explode_list(split_list("exclusion")) }} as channel
        from {{ model }}
        where exclusion <> ''
    ),

    exclusion as (select distinct exclusion_number from {{ model }} where exclusion <> ''),

    narrowed_touch as (
        select
            {{ touches }}.path_key,
            {{ touches }}.path_number,
            {{ touches }}.touched_at,
            {{ touches }}.channel,
            exclusion.exclusion_number,
            excluded_channel.channel is null as is_kept,
            count(case when excluded_channel.channel is null then 1 end) over (
                partition by {{ touches }}.path_key, exclusion.exclusion_number
            ) as kept_touches
        from {{ touches }}
        cross join exclusion
        left join
            excluded_channel
            on exclusion.exclusion_number = excluded_channel.exclusion_number
            and lower({{ touches }}.channel) = excluded_channel.channel
    ),

    step_touch as (
        select path_key, 0 as exclusion_number, path_number as touch_number, path_number, touched_at, channel
        from {{ touches }}
        where 0 in (select exclusion_number from {{ model }})
        union all
        select
            path_key,
            exclusion_number,
            row_number() over (partition by path_key, exclusion_number order by path_number) as touch_number,
            path_number,
            touched_at,
            channel
        from narrowed_touch
        where is_kept or kept_touches = 0
    )
{%- endmacro %}

{% macro step_path(due) -%}
    {#- CTE step_path, out of step_touch: one row per path and exclusion, with the numbers of its named positions. -#}
    step_path as (
        select
            step_touch.path_key,
            step_touch.exclusion_number,
            {{ due }}.basis,
            {{ due }}.half_life_days,
            count(*) as touches,
            count(case when step_touch.touched_at <= {{ due }}.lead_created_at then 1 end) as lead_created_number,
            count(case when step_touch.touched_at <= {{ due }}.created_at then 1 end) as opportunity_created_number,
            max(step_touch.touched_at) as last_touched_at
        from step_touch
        inner join {{ due }} on step_touch.path_key = {{ due }}.path_key
        group by 1, 2, 3, 4
    )
{%- endmacro %}

{% macro resolved(cents, amount_cents) -%}
    {#- Equal shares tie however their weights were computed: a millionth of a cent is told apart, and of amounts below
        100.00, whose shares differ by less, a ten-thousandth of that. -#}
    case when abs({{ amount_cents }}) < 10000 then round({{ cents }}, 10) else round({{ cents }}, 6) end
{%- endmacro %}

{% macro allocate_cents(weighted, due, model) -%}
    {#- CTE credited: the amount of each opportunity divided by weight. Rounded down to the cent, then one cent each
        to the largest remainders, ties to the earlier touch. Opportunities without a touch get one unattributed row
        per model. -#}
    portion as (
        select
            {{ weighted }}.path_key,
            {{ weighted }}.model_number,
            {{ weighted }}.path_number,
            {{ weighted }}.weight,
            {{ due }}.amount_cents,
            {{ resolved(due ~ ".amount_cents * " ~ weighted ~ ".weight", due ~ ".amount_cents") }} as exact_cents
        from {{ weighted }}
        inner join {{ due }} on {{ weighted }}.path_key = {{ due }}.path_key
    ),

    floored_portion as (
        select
            path_key,
            model_number,
            path_number,
            weight,
            amount_cents,
            cast(floor(exact_cents) as bigint) as floor_cents,
            {{ resolved("exact_cents - floor(exact_cents)", "amount_cents") }} as remainder
        from portion
    ),

    ranked_portion as (
        select
            path_key,
            model_number,
            path_number,
            weight,
            floor_cents,
            row_number() over (
                partition by path_key, model_number order by remainder desc, path_number
            ) as remainder_rank,
            count(*) over (partition by path_key, model_number) as portions,
            cast(amount_cents - sum(floor_cents) over (partition by path_key, model_number) as bigint) as cents_left
        from floored_portion
    ),

    -- cents_left lies between 0 and portions; where an amount is too large for a double to tell cents apart, the whole
    -- rounds are dealt out first, so that nothing is lost
    dealt_portion as (
        select
            path_key,
            model_number,
            path_number,
            weight,
            floor_cents
            + cast(floor(cast(cents_left as double) / portions) as bigint)
            + case
                when
                    remainder_rank
                    <= cents_left - portions * cast(floor(cast(cents_left as double) / portions) as bigint)
                then 1
                else 0
            end as cents
        from ranked_portion
    ),

    credited as (
        select
            {{ due }}.opportunity_id,
            {{ due }}.basis,
            {{ model }}.model,
            basis_touch.touch_id,
            basis_touch.channel,
            basis_touch.campaign_id,
            basis_touch.content,
            basis_touch.touched_at,
            dealt_portion.weight,
            cast(cast(dealt_portion.cents as decimal(18, 0)) * 0.01 as decimal(18, 2)) as credited_amount,
            {{ due }}.fingerprint
        from dealt_portion
        inner join
            basis_touch
            on dealt_portion.path_key = basis_touch.path_key
            and dealt_portion.path_number = basis_touch.path_number
        inner join {{ due }} on dealt_portion.path_key = {{ due }}.path_key
        inner join {{ model }} on dealt_portion.model_number = {{ model }}.model_number
        union all
        select
            {{ due }}.opportunity_id,
            {{ due }}.basis,
            {{ model }}.model,
            cast(null as {{ dbt.type_string() }}) as touch_id,
            'unattributed' as channel,
            cast(null as {{ dbt.type_string() }}) as campaign_id,
            cast(null as {{ dbt.type_string() }}) as content,
            cast(null as timestamp) as touched_at,
            cast(1 as double) as weight,
            cast(cast({{ due }}.amount_cents as decimal(18, 0)) * 0.01 as decimal(18, 2)) as credited_amount,
            {{ due }}.fingerprint
        from {{ due }}
        cross join {{ model }}
        where {{ due }}.touches = 0
    )
{%- endmacro %}

{% macro rule_credit(due, model) -%}
    {#- CTE credited, by the rule-based models (position, decay, shapley). A macro, because the text of this SQL is part
        of the fingerprint of what it makes: a release that changes it redoes all credit. -#}
    {{ basis_touch(due) }},

    {{ step_touch(model) }},

    {{ step_path(due) }},

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
    -- not vanish on long paths. Whole numbers add up in any order to the same sum; the smallest is 1, for no touch of a
    -- path weighs nothing.
    decay_touch as (
        select
            step_touch.path_key,
            step_touch.exclusion_number,
            step_touch.path_number,
            greatest(
                1,
                cast(
                    round(
                        1e14 * power(
                            2,
                            -{{ elapsed_days("step_touch.touched_at", "step_path.last_touched_at") }}
                            / step_path.half_life_days
                        )
                    ) as bigint
                )
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
        union all
        select path_key, model_number, path_number, weight
        from shapley_weight
    ),

    {{ allocate_cents("weighted", due, model) }}
{%- endmacro %}

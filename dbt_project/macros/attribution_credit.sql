{#- The steps that every attribution model shares: its path, and the money divided to the cent. Between the first
    and the last step a touch is two numbers, its path and its place on it: texts join again at the end. -#}
{% macro delete_stale_credit() -%}
    {#- Rows whose opportunity changed, vanished or no longer converts. The anchor table is this night's. -#}
    {% if is_incremental() %}
        delete from {{ this }} as credit
        where
            not exists (
                select 1
                from {{ ref("int_attribution_anchor") }} as anchor
                where
                    anchor.is_converted
                    and anchor.opportunity_id = credit.opportunity_id
                    and anchor.basis = credit.basis
                    and anchor.fingerprint = credit.fingerprint
            )
    {% else %} select 1
    {% endif %}
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

{% macro allocate_cents(weighted, due, model) -%}
    {#- CTE credited: the amount of each opportunity divided by weight. Rounded down to the cent, then one cent each
        to the largest remainders, ties to the earlier touch. A millionth of a cent is the resolution of a remainder,
        so that equal shares tie however their weights were computed. Opportunities without a touch get one
        unattributed row per model. -#}
    portion as (
        select
            {{ weighted }}.path_key,
            {{ weighted }}.model_number,
            {{ weighted }}.path_number,
            {{ weighted }}.weight,
            {{ due }}.amount_cents,
            round({{ due }}.amount_cents * {{ weighted }}.weight, 6) as exact_cents
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
            round(exact_cents - floor(exact_cents), 6) as remainder
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

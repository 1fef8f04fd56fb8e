{#- The steps that every attribution model shares: its path, and the money divided to the cent. -#}
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
    {#- CTE basis_touch: the touches of each opportunity up to the anchor of the basis. -#}
    basis_touch as (
        select
            {{ due }}.opportunity_id,
            {{ due }}.basis,
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
    {#- CTE step_touch, out of the touches: the path as each exclusion of the models sees it, numbered. The touches of
        excluded channels are skipped, unless all are of these channels. -#}
    excluded_channel as (
        select distinct exclusion, {{ explode_list(split_list("exclusion")) }} as channel
        from {{ model }}
        where exclusion <> ''
    ),

    exclusion as (select distinct exclusion from {{ model }} where exclusion <> ''),

    narrowed_touch as (
        select
            {{ touches }}.*,
            exclusion.exclusion,
            excluded_channel.channel is not null as is_excluded,
            count(excluded_channel.channel) over (
                partition by {{ touches }}.opportunity_id, {{ touches }}.basis, exclusion.exclusion
            ) as excluded_touches,
            count(*) over (
                partition by {{ touches }}.opportunity_id, {{ touches }}.basis, exclusion.exclusion
            ) as all_touches
        from {{ touches }}
        cross join exclusion
        left join
            excluded_channel
            on exclusion.exclusion = excluded_channel.exclusion
            and lower({{ touches }}.channel) = excluded_channel.channel
    ),

    step_touch as (
        select
            opportunity_id,
            basis,
            '' as exclusion,
            path_number as touch_number,
            touch_id,
            touched_at,
            channel,
            campaign_id,
            content
        from {{ touches }}
        where '' in (select exclusion from {{ model }})
        union all
        select
            opportunity_id,
            basis,
            exclusion,
            row_number() over (partition by opportunity_id, basis, exclusion order by path_number) as touch_number,
            touch_id,
            touched_at,
            channel,
            campaign_id,
            content
        from narrowed_touch
        where not is_excluded or excluded_touches = all_touches
    )
{%- endmacro %}

{% macro step_path(due) -%}
    {#- CTE step_path, out of step_touch: one row per opportunity, basis and exclusion. -#}
    step_path as (
        select
            step_touch.opportunity_id,
            step_touch.basis,
            step_touch.exclusion,
            {{ due }}.half_life_days,
            count(*) as touches,
            count(case when step_touch.touched_at <= {{ due }}.lead_created_at then 1 end) as lead_created_number,
            count(case when step_touch.touched_at <= {{ due }}.created_at then 1 end) as opportunity_created_number,
            max(step_touch.touched_at) as last_touched_at
        from step_touch
        inner join
            {{ due }} on step_touch.opportunity_id = {{ due }}.opportunity_id and step_touch.basis = {{ due }}.basis
        group by 1, 2, 3, 4
    )
{%- endmacro %}

{% macro allocate_cents(weighted, due, model) -%}
    {#- CTE credited: the amount of each opportunity divided by weight. Rounded down to the cent, then one cent each to the
        largest remainders, ties to the earlier touch. A millionth of a cent is the resolution of a remainder, so that equal
        shares tie however their weights were computed. Opportunities without a touch get one unattributed row per model. -#}
    portion as (
        select
            {{ weighted }}.opportunity_id,
            {{ weighted }}.basis,
            {{ weighted }}.model,
            {{ weighted }}.touch_number,
            {{ weighted }}.touch_id,
            {{ weighted }}.channel,
            {{ weighted }}.campaign_id,
            {{ weighted }}.content,
            {{ weighted }}.touched_at,
            {{ weighted }}.weight,
            {{ due }}.amount_cents,
            {{ due }}.fingerprint,
            round({{ due }}.amount_cents * {{ weighted }}.weight, 6) as exact_cents
        from {{ weighted }}
        inner join
            {{ due }}
            on {{ weighted }}.opportunity_id = {{ due }}.opportunity_id
            and {{ weighted }}.basis = {{ due }}.basis
    ),

    ranked_portion as (
        select
            *,
            cast(floor(exact_cents) as bigint) as floor_cents,
            row_number() over (
                partition by opportunity_id, basis, model
                order by round(exact_cents - floor(exact_cents), 6) desc, touch_number
            ) as remainder_rank,
            count(*) over (partition by opportunity_id, basis, model) as portions,
            amount_cents
            - sum(cast(floor(exact_cents) as bigint)) over (partition by opportunity_id, basis, model) as cents_left
        from portion
    ),

    credited as (
        select
            opportunity_id,
            basis,
            model,
            touch_id,
            channel,
            campaign_id,
            content,
            touched_at,
            weight,
            cast(
                cast(
                    floor_cents
                    + cast(floor(cents_left / portions) as bigint)
                    + case
                        when remainder_rank <= cents_left - portions * cast(floor(cents_left / portions) as bigint)
                        then 1
                        else 0
                    end as decimal(18, 0)
                )
                * 0.01 as decimal(18, 2)
            ) as credited_amount,
            fingerprint
        from ranked_portion
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

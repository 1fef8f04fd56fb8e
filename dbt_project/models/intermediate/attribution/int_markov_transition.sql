-- Grain: one row per Markov model, basis and pair of states: how often a path goes from the one to the other. Paths run
-- (start), channels with repeats collapsed, then (conversion) or (null). All history as of now: won or lost (or open
-- beyond maturity), qualified or not, and per lead beyond maturity that never had an opportunity one null path.
with
    model as (select * from {{ ref("int_attribution_model") }} where kind = 'markov'),

    anchor as (select * from {{ ref("int_attribution_anchor") }} where is_created),

    lead_record as (
        select *
        from {{ ref("int_lead") }}
        where
            lead_id not in (select lead_id from {{ ref("int_lead_opportunity") }} where lead_id is not null)
            and created_at <= (select created_until from {{ ref("int_maturity_horizon") }})
    ),

    setting_period as (select * from {{ ref("stg_definitions__setting") }}),

    touch as (select * from {{ ref("int_touch") }} where person_id is not null),

    {{ basis_touch("anchor") }},

    lead_span as (
        select
            -- keys of leads and of opportunities do not meet
            - row_number() over (order by lead_record.lead_id) as path_key,
            lead_record.person_id,
            {{ add_days("lead_record.created_at", "-cast(lookback.value as double)") }} as path_starts_at,
            {{ add_days("lead_record.created_at", "cast(" ~ setting("maturity_days") ~ " as integer)") }}
            as path_ends_at
        from lead_record
        inner join
            setting_period as lookback
            on lookback.setting = 'attribution_lookback_days'
            and lookback.effective_from <= lead_record.created_at
            and lookback.effective_to > lead_record.created_at
    ),

    lead_touch as (
        select
            lead_span.path_key,
            row_number() over (
                partition by lead_span.path_key order by touch.touched_at, touch.touch_id
            ) as path_number,
            touch.touched_at,
            touch.channel
        from lead_span
        inner join
            touch
            on lead_span.person_id = touch.person_id
            and touch.touched_at >= lead_span.path_starts_at
            and touch.touched_at <= lead_span.path_ends_at
    ),

    path_touch as (
        select path_key, path_number, touched_at, channel
        from basis_touch
        union all
        select path_key, path_number, touched_at, channel
        from lead_touch
    ),

    {{ step_touch("model", "path_touch") }},

    walk as (
        select
            path_key,
            exclusion_number,
            channel,
            lag(channel) over (partition by path_key, exclusion_number order by touch_number) as previous_channel,
            lead(channel) over (partition by path_key, exclusion_number order by touch_number) as next_channel
        from step_touch
    ),

    -- one row per step into a channel, one more out of the last
    path_step as (
        select path_key, exclusion_number, coalesce(previous_channel, '(start)') as from_state, channel as to_state
        from walk
        where previous_channel is null or previous_channel <> channel
        union all
        select
            walk.path_key,
            walk.exclusion_number,
            walk.channel as from_state,
            case when anchor.is_converted then '(conversion)' else '(null)' end as to_state
        from walk
        left join anchor on walk.path_key = anchor.path_key
        where walk.next_channel is null
    ),

    -- a lead's path stands in the chains of both bases
    path_basis as (
        select path_key, basis
        from anchor
        union all
        select lead_span.path_key, both_bases.basis
        from lead_span
        cross join (values ('pipeline'), ('revenue')) as both_bases(basis)
    ),

    basis_step as (
        select path_basis.basis, path_step.exclusion_number, path_step.from_state, path_step.to_state
        from path_step
        inner join path_basis on path_step.path_key = path_basis.path_key
    ),

    counted as (
        select basis, exclusion_number, from_state, to_state, count(*) as transitions
        from basis_step
        group by 1, 2, 3, 4
    ),

    final as (
        select model.model, counted.basis, counted.from_state, counted.to_state, counted.transitions
        from counted
        inner join model on counted.exclusion_number = model.exclusion_number
    )

select *
from final

-- Grain: one row per Markov model, basis and pair of states: how often a path goes from the one to the other. Paths run
-- (start), channels with repeats collapsed, then (conversion) or (null). All history as of now: won or lost (or open
-- beyond maturity), qualified or not, and per lead beyond maturity that never had an opportunity one null path.
with
    model as (select * from {{ ref("int_attribution_model") }} where kind = 'markov'),

    anchor as (select * from {{ ref("int_attribution_anchor") }}),

    lead_record as (
        select *
        from {{ ref("int_lead") }}
        where lead_id not in (select lead_id from {{ ref("int_lead_opportunity") }} where lead_id is not null)
    ),

    setting_period as (select * from {{ ref("stg_definitions__setting") }}),

    touch as (select * from {{ ref("int_touch") }} where person_id is not null),

    {{ basis_touch("anchor") }},

    lead_span as (
        select
            lead_record.lead_id,
            lead_record.person_id,
            {{ add_days("lead_record.created_at", "-cast(lookback.value as integer)") }} as path_starts_at,
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
            lead_span.lead_id as opportunity_id,
            'lead' as basis,
            row_number() over (partition by lead_span.lead_id order by touch.touched_at, touch.touch_id) as path_number,
            touch.touch_id,
            touch.touched_at,
            touch.channel,
            touch.campaign_id,
            touch.content
        from lead_span
        inner join
            touch
            on lead_span.person_id = touch.person_id
            and touch.touched_at >= lead_span.path_starts_at
            and touch.touched_at <= lead_span.path_ends_at
        where lead_span.path_ends_at < {{ as_of() }}
    ),

    path_touch as (
        select *
        from basis_touch
        union all
        select *
        from lead_touch
    ),

    {{ step_touch("model", "path_touch") }},

    walk as (
        select
            step_touch.opportunity_id,
            step_touch.basis,
            step_touch.exclusion,
            step_touch.channel,
            lag(step_touch.channel) over (
                partition by step_touch.opportunity_id, step_touch.basis, step_touch.exclusion
                order by step_touch.touch_number
            ) as previous_channel,
            lead(step_touch.channel) over (
                partition by step_touch.opportunity_id, step_touch.basis, step_touch.exclusion
                order by step_touch.touch_number
            ) as next_channel
        from step_touch
    ),

    -- one row per step into a channel, one more out of the last
    path_step as (
        select basis, exclusion, coalesce(previous_channel, '(start)') as from_state, channel as to_state
        from walk
        where previous_channel is null or previous_channel <> channel
        union all
        select
            walk.basis,
            walk.exclusion,
            walk.channel as from_state,
            case when anchor.is_converted then '(conversion)' else '(null)' end as to_state
        from walk
        left join anchor on walk.opportunity_id = anchor.opportunity_id and walk.basis = anchor.basis
        where walk.next_channel is null
    ),

    basis_step as (
        select basis, exclusion, from_state, to_state
        from path_step
        where basis <> 'lead'
        union all
        select both_bases.basis, path_step.exclusion, path_step.from_state, path_step.to_state
        from path_step
        cross join (values ('pipeline'), ('revenue')) as both_bases(basis)
        where path_step.basis = 'lead'
    ),

    counted as (
        select basis, exclusion, from_state, to_state, count(*) as transitions from basis_step group by 1, 2, 3, 4
    ),

    final as (
        select model.model, counted.basis, counted.from_state, counted.to_state, counted.transitions
        from counted
        inner join model on counted.exclusion = model.exclusion
    )

select *
from final

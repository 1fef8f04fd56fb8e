-- Grain: one row per lead and stage that the agreed definition says was reached: the first touch or change at which
-- all rules of the stage held, by the rows in force then and with what was known then (fields without history:
-- today's). Only values that make a criterion true are followed, as intervals: rules and stages are sums over their
-- starts and ends. A stage is absent while it takes the CRM's word (int_stage_judgement).
{% set counted = counted_touches() %}
{% set touch_counters = {
    "form_submissions": (counted.form_submissions, none),
    "event_attendances": (counted.event_attendances, none),
    "touches_30d": ("true", 30),
    "touches_90d": ("true", 90),
    "page_views_30d": (counted.page_views, 30),
    "pricing_page_views_30d": (counted.pricing_page_views, 30),
} %}
with
    alias as (select record_id, lead_id, lead_number from {{ ref("int_lead_alias") }}),

    -- numbers stand for ids: millions of rows are sorted by lead, and ids share long prefixes
    leads as (
        select alias.lead_number, known_lead.*
        from {{ ref("int_lead") }} as known_lead
        inner join alias on known_lead.lead_id = alias.record_id
    ),

    criteria as (
        select
            *,
            dense_rank() over (order by stage, rule) as rule_number,
            cast(power(2, dense_rank() over (order by stage, rule)) as bigint) as rule_bit,
            dense_rank() over (order by stage) as stage_number,
            dense_rank() over (order by field) as field_number,
            {{ holds("''", "operator", "value") }} as holds_when_empty,
            {{ holds("'0'", "operator", "value") }} as holds_when_zero
        from {{ ref("stg_definitions__stage_criteria") }}
    ),

    used_field as (
        select
            field,
            field_number,
            bool_or(holds_when_empty) as is_met_by_empty,
            bool_or(holds_when_zero) as is_met_by_zero
        from criteria
        group by field, field_number
    ),

    boundaries as (
        select effective_from as boundary
        from criteria
        union
        select effective_to as boundary
        from criteria
        where effective_to < timestamp '9999-12-31 00:00:00'
        union
        select timestamp '0001-01-01 00:00:00' as boundary
    ),

    periods as (
        select
            boundary as period_from,
            row_number() over (order by boundary) as period_number,
            coalesce(lead(boundary) over (order by boundary), timestamp '9999-12-31 00:00:00') as period_to
        from boundaries
    ),

    stage_rules as (
        select
            criteria.stage,
            criteria.stage_number,
            periods.period_number,
            cast(count(distinct criteria.rule) as integer) as rules
        from criteria
        inner join
            periods on criteria.effective_from <= periods.period_from and periods.period_from < criteria.effective_to
        group by criteria.stage, criteria.stage_number, periods.period_number
    ),

    -- a rule with alternatives may be met by several of them at once
    rule_size as (
        select criteria.rule_number, periods.period_number, count(*) > 1 as has_alternatives
        from criteria
        inner join
            periods on criteria.effective_from <= periods.period_from and periods.period_from < criteria.effective_to
        group by criteria.rule_number, periods.period_number
    ),

    -- values of the record's own fields, by its history where it has one
    changes as (
        select
            leads.lead_number,
            leads.created_at,
            used_field.field_number,
            change.changed_at,
            change.change_number,
            change.old_value,
            change.new_value
        from {{ ref("int_lead_field_change") }} as change
        inner join used_field on change.field = used_field.field
        inner join leads on change.lead_id = leads.lead_id
    ),

    record_field as (
        select field, field_number, is_met_by_empty
        from used_field
        where
            field in (
                {% for field in lead_value_fields() + (lead_fixed_fields() | list) %}
                    '{{ field }}'{{ "," if not loop.last }}
                {% endfor %}
            )
    ),

    record_value as (
        select
            leads.lead_number,
            record_field.field_number,
            leads.created_at as known_from,
            coalesce(trim({{ lead_field_text("record_field.field", lead_value_fields()) }}), '') as value,
            record_field.is_met_by_empty
        from leads
        cross join record_field
    ),

    steady_value as (
        select record_value.lead_number, record_value.field_number, record_value.value, record_value.known_from
        from record_value
        left join
            changes
            on record_value.lead_number = changes.lead_number
            and record_value.field_number = changes.field_number
            and changes.change_number = 1
        where changes.lead_number is null and (record_value.value <> '' or record_value.is_met_by_empty)
    ),

    changing_value as (
        select lead_number, field_number, created_at as known_from, old_value as value
        from changes
        where change_number = 1 and changed_at > created_at
        union all
        select lead_number, field_number, changed_at as known_from, max_by(new_value, change_number) as value
        from changes
        group by lead_number, field_number, changed_at
    ),

    -- counters: what adds to them and, inside a window, what leaves it again
    touches as (
        select
            leads.lead_number,
            leads.created_at,
            touch.touch_id,
            touch.touched_at,
            touch.touch_type,
            touch.landing_page,
            touch.campaign_id
        from {{ ref("int_touch") }} as touch
        inner join leads on touch.person_id = leads.person_id
        where
            touch.touch_type not in ('web_session', 'page_view', 'email_click')
            or (
                select count(*)
                from used_field
                where field in ('touches_30d', 'touches_90d', 'page_views_30d', 'pricing_page_views_30d')
            )
            > 0
    ),

    deltas as (
        {% for counter, (condition, days) in touch_counters.items() %}
            select
                touches.lead_number,
                used_field.field_number,
                greatest(touches.touched_at, touches.created_at) as known_from,
                1 as delta,
                true as is_moment
            from touches
            inner join used_field on used_field.field = '{{ counter }}'
            where {{ condition }}
            union all
            {% if days is not none %}
                select
                    touches.lead_number,
                    used_field.field_number,
                    greatest(
                        touches.touched_at + interval '{{ days }}' day + interval '1' microsecond, touches.created_at
                    ) as known_from,
                    -1 as delta,
                    false as is_moment
                from touches
                inner join used_field on used_field.field = '{{ counter }}'
                where {{ condition }}
                union all
            {% endif %}
        {% endfor %}
        select lead_number, field_number, known_from, 1 as delta, true as is_moment
        from
            (
                select
                    touches.lead_number,
                    used_field.field_number,
                    greatest(touches.touched_at, touches.created_at) as known_from,
                    row_number() over (
                        partition by touches.lead_number, coalesce(touches.campaign_id, touches.touch_id)
                        order by touches.touched_at, touches.touch_id
                    ) as response_number
                from touches
                inner join used_field on used_field.field = 'responded_campaigns'
                where touches.touch_type = 'campaign_response'
            ) as response
        where response_number = 1
        union all
        select
            leads.lead_number,
            used_field.field_number,
            greatest(activity.took_place_at, leads.created_at) as known_from,
            1 as delta,
            true as is_moment
        from {{ ref("int_lead_activity") }} as activity
        inner join leads on activity.lead_id = leads.lead_id
        inner join used_field on used_field.field = 'sales_conversations'
        where {{ is_sales_conversation("activity") }}
        union all
        select leads.lead_number, used_field.field_number, leads.created_at as known_from, 0 as delta, true as is_moment
        from leads
        inner join
            used_field
            on used_field.is_met_by_zero
            and used_field.field in (
                'responded_campaigns',
                'sales_conversations'
                {% for counter in touch_counters %}, '{{ counter }}' {% endfor %}
            )
    ),

    counter_change as (
        select lead_number, field_number, known_from, sum(delta) as delta, bool_or(is_moment) as is_moment
        from deltas
        group by lead_number, field_number, known_from
    ),

    moving as (
        select lead_number, field_number, known_from, value, true as is_moment
        from changing_value
        union all
        select
            lead_number,
            field_number,
            known_from,
            cast(
                sum(delta) over (
                    partition by lead_number, field_number
                    order by known_from
                    rows between unbounded preceding and current row
                ) as varchar
            ) as value,
            is_moment
        from counter_change
    ),

    known as (
        select
            lead_number,
            field_number,
            known_from,
            coalesce(
                lead(known_from) over (partition by lead_number, field_number order by known_from),
                timestamp '9999-12-31 00:00:00'
            ) as known_to,
            value,
            is_moment
        from moving
        union all
        select
            leads.lead_number,
            used_field.field_number,
            icp.valid_from as known_from,
            icp.valid_to as known_to,
            case when icp.is_icp_fit then 'true' when not icp.is_icp_fit then 'false' else '' end as value,
            icp.is_moment
        from {{ ref("int_lead_icp") }} as icp
        inner join leads on icp.lead_id = leads.lead_id
        inner join used_field on used_field.field = 'icp_fit'
        where not icp.is_before_creation
    ),

    -- each distinct value is judged once, however many leads carry it
    met_value as (
        select distinct
            criteria.stage_number,
            criteria.rule_number,
            criteria.rule_bit,
            rule_size.has_alternatives,
            occurring.field_number,
            occurring.value,
            periods.period_number,
            periods.period_from,
            periods.period_to
        from
            (
                select field_number, value
                from known
                union
                select field_number, value
                from record_value
            ) as occurring
        inner join criteria on occurring.field_number = criteria.field_number
        inner join
            periods on criteria.effective_from <= periods.period_from and periods.period_from < criteria.effective_to
        inner join
            rule_size
            on criteria.rule_number = rule_size.rule_number
            and periods.period_number = rule_size.period_number
        where {{ holds("occurring.value", "criteria.operator", "criteria.value") }}
    ),

    met as (
        select
            known.lead_number,
            met_value.stage_number,
            met_value.rule_number,
            met_value.rule_bit,
            met_value.has_alternatives,
            met_value.period_number,
            greatest(known.known_from, met_value.period_from) as met_from,
            least(known.known_to, met_value.period_to) as met_to,
            known.known_to >= met_value.period_to as is_lasting,
            known.is_moment and known.known_from >= met_value.period_from as is_moment
        from
            (
                select lead_number, field_number, known_from, known_to, value, is_moment
                from known
                union all
                select
                    lead_number,
                    field_number,
                    known_from,
                    timestamp '9999-12-31 00:00:00' as known_to,
                    value,
                    true as is_moment
                from steady_value
            ) as known
        inner join
            met_value
            on known.field_number = met_value.field_number
            and known.value = met_value.value
            and known.known_from < met_value.period_to
            and known.known_to > met_value.period_from
    ),

    -- alternatives of which the first to begin lasts are one interval
    joined_alternative as (
        select
            lead_number,
            stage_number,
            rule_bit,
            period_number,
            min(met_from) as met_from,
            max(met_to) as met_to,
            coalesce(min(case when is_moment then met_from end) = min(met_from), false) as is_moment,
            coalesce(min(case when is_lasting then met_from end) = min(met_from), false) or count(*) = 1 as is_joined
        from met
        where has_alternatives
        group by lead_number, stage_number, rule_bit, period_number
    ),

    -- most leads meet each rule once and for good: their stages hold from the last rule's beginning to the first one's
    -- end. A rule met more than once shows in the sum of its bit.
    summary as (
        select
            lead_number,
            stage_number,
            period_number,
            cast(count(*) as integer) as rules_met,
            max(met_from) as held_from,
            min(met_to) as held_to,
            max(case when is_moment then met_from end) as last_moment,
            sum(rule_bit) = bit_or(rule_bit) and bool_and(is_joined) as is_simple
        from
            (
                select
                    lead_number, stage_number, rule_bit, period_number, met_from, met_to, is_moment, true as is_joined
                from met
                where not has_alternatives
                union all
                select lead_number, stage_number, rule_bit, period_number, met_from, met_to, is_moment, is_joined
                from joined_alternative
            ) as met_once
        group by lead_number, stage_number, period_number
    ),

    swept as (
        select met.*
        from met
        inner join
            summary
            on met.lead_number = summary.lead_number
            and met.stage_number = summary.stage_number
            and met.period_number = summary.period_number
            and not summary.is_simple
    ),

    rule_step as (
        select
            lead_number,
            stage_number,
            rule_number,
            period_number,
            moment,
            sum(step) as step,
            bool_or(is_moment) as is_moment
        from
            (
                select lead_number, stage_number, rule_number, period_number, met_from as moment, 1 as step, is_moment
                from swept
                union all
                select
                    lead_number,
                    stage_number,
                    rule_number,
                    period_number,
                    met_to as moment,
                    -1 as step,
                    false as is_moment
                from swept
                where met_to < timestamp '9999-12-31 00:00:00'
            ) as steps
        group by lead_number, stage_number, rule_number, period_number, moment
    ),

    rule_level as (
        select
            *,
            sum(step) over (
                partition by lead_number, rule_number, period_number
                order by moment
                rows between unbounded preceding and current row
            ) as alternatives
        from rule_step
    ),

    stage_step as (
        select
            lead_number,
            stage_number,
            period_number,
            moment,
            sum(
                case
                    when alternatives > 0 and alternatives - step <= 0
                    then 1
                    when alternatives <= 0 and alternatives - step > 0
                    then -1
                    else 0
                end
            ) as step,
            bool_or(is_moment) as is_moment
        from rule_level
        group by lead_number, stage_number, period_number, moment
    ),

    stage_level as (
        select
            *,
            sum(step) over (
                partition by lead_number, stage_number, period_number
                order by moment
                rows between unbounded preceding and current row
            ) as rules_met,
            coalesce(
                lead(moment) over (partition by lead_number, stage_number, period_number order by moment),
                timestamp '9999-12-31 00:00:00'
            ) as next_moment
        from stage_step
    ),

    stage_interval as (
        select
            lead_number,
            stage_number,
            period_number,
            cast(rules_met as integer) as rules_met,
            moment as held_from,
            next_moment as held_to,
            is_moment
        from stage_level
        union all
        select
            lead_number,
            stage_number,
            period_number,
            rules_met,
            held_from,
            held_to,
            coalesce(last_moment = held_from, false) as is_moment
        from summary
        where is_simple and held_from < held_to
    ),

    -- of a lead that several systems know, one that has the columns is enough
    judged as (
        select distinct alias.lead_number, judgement.stage, judgement.effective_from, judgement.effective_to
        from alias
        inner join
            {{ ref("int_stage_judgement") }} as judgement
            on split_part(alias.record_id, ':', 1) = judgement.source_system
    ),

    holding as (
        select
            stage_interval.lead_number,
            stage_rules.stage,
            stage_interval.held_from,
            stage_interval.held_to,
            stage_interval.is_moment
        from stage_interval
        inner join
            stage_rules
            on stage_interval.stage_number = stage_rules.stage_number
            and stage_interval.period_number = stage_rules.period_number
            and stage_interval.rules_met = stage_rules.rules
        inner join
            judged
            on stage_interval.lead_number = judged.lead_number
            and stage_rules.stage = judged.stage
            and judged.effective_from <= stage_interval.held_from
            and stage_interval.held_from < judged.effective_to
    ),

    -- criteria that came to hold between two events (a new version, a window that moved) wait for the next event
    waiting as (
        select leads.lead_number, leads.lead_id, leads.person_id, holding.stage, holding.held_from, holding.held_to
        from holding
        inner join leads on holding.lead_number = leads.lead_number
        left join
            (
                select lead_number, stage, min(held_from) as held_from
                from holding
                where is_moment
                group by lead_number, stage
            ) as sure
            on holding.lead_number = sure.lead_number
            and holding.stage = sure.stage
        where not holding.is_moment and (sure.held_from is null or holding.held_from < sure.held_from)
    ),

    event as (
        select waiting.lead_number, waiting.stage, touch.touched_at as moment
        from waiting
        inner join
            {{ ref("int_touch") }} as touch
            on waiting.person_id = touch.person_id
            and touch.touched_at >= waiting.held_from
            and touch.touched_at < waiting.held_to
        union all
        select waiting.lead_number, waiting.stage, change.changed_at as moment
        from waiting
        inner join alias on waiting.lead_number = alias.lead_number
        inner join
            {{ ref("int_lead_change") }} as change
            on alias.record_id = change.record_id
            and change.changed_at >= waiting.held_from
            and change.changed_at < waiting.held_to
        union all
        select waiting.lead_number, waiting.stage, activity.took_place_at as moment
        from waiting
        inner join
            {{ ref("int_lead_activity") }} as activity
            on waiting.lead_id = activity.lead_id
            and {{ is_sales_conversation("activity") }}
            and activity.took_place_at >= waiting.held_from
            and activity.took_place_at < waiting.held_to
        union all
        select lead_number, stage, held_from as moment
        from holding
        where is_moment
    ),

    reached as (
        select lead_number, stage, min(moment) as reached_at
        from event
        where moment is not null
        group by lead_number, stage
    ),

    final as (
        select leads.lead_id, reached.stage, reached.reached_at
        from reached
        inner join leads on reached.lead_number = leads.lead_number
    )

select *
from final

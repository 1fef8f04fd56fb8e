-- Grain: one row per lead and stretch of time over which neither its ICP fields nor the profile changed, from creation;
-- of a lead with a history before it (a record merged into it is older), also before (is_before_creation).
-- is_icp_fit: false when a disqualifier holds, else null when a required value is unknown, another failing or not.
-- A field without history counts with today's value. is_moment: the stretch starts with a change of the lead itself.
{% set dimensions = icp_dimensions() %}
with
    leads as (select * from {{ ref("int_lead") }}),

    rules as (select * from {{ ref("stg_definitions__icp") }}),

    periods as (select * from {{ ref("int_icp_period") }}),

    changes as (
        select *
        from {{ ref("int_lead_field_change") }}
        where field in ({% for field in dimensions.values() %}'{{ field }}'{{ "," if not loop.last }} {% endfor %})
    ),

    -- what the first change found stood since ever: a handoff may lie before the creation
    early_lead as (
        select leads.lead_id, leads.created_at
        from leads
        left join
            (
                select alias.lead_id, min(told.told_at) as first_told_at
                from
                    (
                        select record_id, changed_at as told_at
                        from {{ ref("int_lead_change") }}
                        union all
                        select record_id, created_at as told_at
                        from {{ ref("int_lead_record") }}
                    ) as told
                inner join {{ ref("int_lead_alias") }} as alias on told.record_id = alias.record_id
                group by alias.lead_id
            ) as story
            on leads.lead_id = story.lead_id
        where
            coalesce(story.first_told_at < leads.created_at, false) or coalesce(leads.mql_at < leads.created_at, false)
    ),

    known_values as (
        select
            changes.lead_id,
            changes.field,
            case when early_lead.lead_id is null then changes.changed_at else changes.recorded_at end as changed_at,
            changes.new_value as value,
            changes.change_number
        from changes
        left join early_lead on changes.lead_id = early_lead.lead_id
        union all
        select
            changes.lead_id,
            changes.field,
            case
                when early_lead.lead_id is null then leads.created_at else timestamp '0001-01-01 00:00:00'
            end as changed_at,
            changes.old_value as value,
            0
        from changes
        inner join leads on changes.lead_id = leads.lead_id
        left join early_lead on changes.lead_id = early_lead.lead_id
        where changes.change_number = 1
    ),

    changed_values as (
        select
            lead_id,
            changed_at,
            {% for field in dimensions.values() %}
                max_by(value, change_number) filter (
                    where field = '{{ field }}'
                ) as {{ field }}{{ "," if not loop.last }}
            {% endfor %}
        from known_values
        group by lead_id, changed_at
    ),

    changed_lead as (select distinct lead_id from changes),

    changed as (select leads.* from leads inner join changed_lead on leads.lead_id = changed_lead.lead_id),

    moments as (
        select lead_id, created_at as moment, true as is_moment
        from changed
        union all
        select lead_id, changed_at as moment, true as is_moment
        from changed_values
        union all
        select changed.lead_id, periods.period_from as moment, false as is_moment
        from changed
        left join early_lead on changed.lead_id = early_lead.lead_id
        inner join
            periods
            on (periods.period_from > changed.created_at or early_lead.lead_id is not null)
            and periods.has_begun
    ),

    stretches as (
        select
            lead_id,
            moment as valid_from,
            coalesce(
                lead(moment) over (partition by lead_id order by moment), timestamp '9999-12-31 00:00:00'
            ) as valid_to,
            is_moment
        from
            (
                select lead_id, moment, bool_or(is_moment) as is_moment from moments group by lead_id, moment
            ) as distinct_moments
    ),

    -- a lead whose fields never changed has one stretch per period of the profile
    profile as (
        select
            leads.lead_id,
            periods.period_from,
            greatest(leads.created_at, periods.period_from) as valid_from,
            case when periods.has_ended then periods.period_to else timestamp '9999-12-31 00:00:00' end as valid_to,
            leads.created_at >= periods.period_from as is_moment,
            false as is_before_creation,
            {% for field in dimensions.values() %}
                coalesce({{ plain_text("leads." ~ field) }}, '') as {{ field }}{{ "," if not loop.last }}
            {% endfor %}
        from leads
        inner join
            periods
            -- a handful of periods: coalesce keeps the engine from sorting all leads for an inequality join
            on coalesce(periods.period_to > leads.created_at, false)
            and (periods.period_from <= leads.created_at or periods.has_begun)
        left join changed_lead on leads.lead_id = changed_lead.lead_id
        where changed_lead.lead_id is null
        union all
        select
            leads.lead_id,
            periods.period_from,
            periods.period_from as valid_from,
            least(periods.period_to, leads.created_at) as valid_to,
            false as is_moment,
            true as is_before_creation,
            {% for field in dimensions.values() %}
                coalesce({{ plain_text("leads." ~ field) }}, '') as {{ field }}{{ "," if not loop.last }}
            {% endfor %}
        from leads
        inner join early_lead on leads.lead_id = early_lead.lead_id
        inner join periods on periods.period_from < leads.created_at
        left join changed_lead on leads.lead_id = changed_lead.lead_id
        where changed_lead.lead_id is null
        union all
        select
            stretches.lead_id,
            periods.period_from,
            stretches.valid_from,
            stretches.valid_to,
            stretches.is_moment,
            stretches.valid_from < changed.created_at as is_before_creation,
            {% for field in dimensions.values() %}
                coalesce(
                    {{ last_known("changed_values." ~ field, "stretches.lead_id", "stretches.valid_from") }},
                    {{ plain_text("changed." ~ field) }},
                    ''
                ) as {{ field }}{{ "," if not loop.last }}
            {% endfor %}
        from stretches
        inner join periods on periods.period_from <= stretches.valid_from and stretches.valid_from < periods.period_to
        inner join changed on stretches.lead_id = changed.lead_id
        left join
            changed_values
            on stretches.lead_id = changed_values.lead_id
            and stretches.valid_from = changed_values.changed_at
    ),

    -- each distinct value is judged once, however many leads carry it
    occurring as (
        {% for dimension, field in dimensions.items() %}
            select distinct '{{ dimension }}' as dimension, {{ field }} as value
            from profile {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    judged as (
        select
            periods.period_from,
            occurring.dimension,
            occurring.value,
            rules.effect,
            rules.operator,
            rules.value as rule_value,
            occurring.value <> '' and {{ holds("occurring.value", "rules.operator", "rules.value") }} as is_met
        from occurring
        inner join rules on occurring.dimension = rules.dimension
        inner join periods on rules.effective_from <= periods.period_from and periods.period_from < rules.effective_to
    ),

    -- two rules that say the same of a value say it once
    said as (
        select
            judged.*,
            case
                when effect = 'disqualify' and is_met
                then dimension || ' disqualifies: ' || value
                when effect = 'require' and value = ''
                then dimension || ' unknown'
                when effect = 'require' and not is_met
                then dimension || ' outside ' || operator || ' ' || rule_value || ': ' || value
                when effect = 'prefer' and is_met
                then dimension || ' preferred: ' || value
            end as reason
        from judged
    ),

    numbered as (
        select
            said.*,
            row_number() over (
                partition by period_from, dimension, value, reason order by effect, operator, rule_value
            ) as occurrence
        from said
    ),

    verdict as (
        select
            period_from,
            dimension,
            value,
            bool_or(effect = 'disqualify' and is_met) as is_disqualified,
            bool_or(effect = 'require' and value <> '' and not is_met) as is_failed,
            bool_or(effect = 'require' and value = '') as is_unknown,
            {{ ordered_text("case when occurrence = 1 then reason end", "effect, operator, rule_value") }} as reason
        from numbered
        group by period_from, dimension, value
    ),

    final as (
        select
            profile.lead_id,
            profile.valid_from,
            profile.valid_to,
            profile.is_moment,
            profile.is_before_creation,
            case
                when
                    false
                    {% for dimension in dimensions %} or coalesce(v_{{ dimension }}.is_disqualified, false) {% endfor %}
                then false
                when
                    false
                    {% for dimension in dimensions %} or coalesce(v_{{ dimension }}.is_unknown, false) {% endfor %}
                then null
                else
                    true
                    {% for dimension in dimensions %} and not coalesce(v_{{ dimension }}.is_failed, false) {% endfor %}
            end as is_icp_fit,
            nullif(
                concat_ws('; ' {% for dimension in dimensions %}, v_{{ dimension }}.reason {% endfor %}), ''
            ) as icp_reasons
        from profile
        {% for dimension, field in dimensions.items() %}
            left join
                verdict as v_{{ dimension }}
                on v_{{ dimension }}.dimension = '{{ dimension }}'
                and profile.period_from = v_{{ dimension }}.period_from
                and profile.{{ field }} = v_{{ dimension }}.value
        {% endfor %}
    )

select *
from final

-- Grain: one row per source, stage and stretch of time over which the agreed definition judges the stage there. While
-- it does not, the stage takes the CRM's word: no criterion is in force, or those that are ask for qualification
-- (need, budget, timeline, authority) and the CRM has none of their columns.
{% set qualification_fields = [
    "has_need",
    "has_budget",
    "has_timeline",
    "has_authority",
    "budget_status",
    "next_step_at",
] %}
with
    present as (
        select source_system, field
        from
            (
                select
                    source_system,
                    {% for field in qualification_fields %}
                        count({{ field }}) as {{ field }}{{ "," if not loop.last }}
                    {% endfor %}
                from {{ ref("int_lead_record") }}
                group by source_system
            ) as counted
        cross join
            (
                values {% for field in qualification_fields %} ('{{ field }}'){{ "," if not loop.last }} {% endfor %}
            ) as qualification(field)
        where
            case field {% for field in qualification_fields %} when '{{ field }}' then {{ field }} {% endfor %} end > 0
        union
        select source_system, field
        from {{ ref("int_lead_change") }}
        where field in ({% for field in qualification_fields %}'{{ field }}'{{ "," if not loop.last }} {% endfor %})
    ),

    systems as (select distinct source_system from {{ ref("int_lead_record") }}),

    criteria as (
        select
            stage,
            field,
            field in (
                {% for field in qualification_fields %}'{{ field }}'{{ "," if not loop.last }} {% endfor %}
            ) as is_qualification,
            effective_from,
            effective_to
        from {{ ref("stg_definitions__stage_criteria") }}
    ),

    boundary as (
        select effective_from as moment
        from criteria
        union
        select effective_to as moment
        from criteria
        where effective_to < timestamp '9999-12-31 00:00:00'
    ),

    period as (
        select
            moment as effective_from,
            coalesce(lead(moment) over (order by moment), timestamp '9999-12-31 00:00:00') as effective_to
        from boundary
    ),

    final as (
        select systems.source_system, criteria.stage, period.effective_from, period.effective_to
        from systems
        cross join period
        inner join
            criteria
            on criteria.effective_from <= period.effective_from
            and period.effective_from < criteria.effective_to
        left join
            present
            on criteria.is_qualification
            and systems.source_system = present.source_system
            and criteria.field = present.field
        group by systems.source_system, criteria.stage, period.effective_from, period.effective_to
        having not bool_or(criteria.is_qualification) or count(present.field) > 0
    )

select *
from final

-- Grain: one row per source and stage that has criteria: does the agreed definition judge it there, or the CRM's word?
-- A stage judged by qualification (need, budget, timeline, authority) takes the word of a CRM that has none of its
-- columns.
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
            ) as is_qualification
        from {{ ref("stg_definitions__stage_criteria") }}
    ),

    final as (
        select
            systems.source_system,
            criteria.stage,
            not bool_or(criteria.is_qualification) or count(present.field) > 0 as is_judged
        from systems
        cross join criteria
        left join
            present
            on criteria.is_qualification
            and systems.source_system = present.source_system
            and criteria.field = present.field
        group by systems.source_system, criteria.stage
    )

select *
from final

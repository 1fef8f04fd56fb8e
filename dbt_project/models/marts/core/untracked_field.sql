-- Grain: one row per (source_system, field) that the stage criteria or the ideal customer profile read, that leads of
-- the source carry and of whose changes the source has delivered none: its leads are judged by today's value, also for
-- the past.
with
    used_field as (
        select field
        from {{ ref("stg_definitions__stage_criteria") }}
        union
        select dimension_field.field
        from {{ ref("stg_definitions__icp") }} as icp
        inner join
            (
                values
                    {% for dimension, field in icp_dimensions().items() %}
                        ('{{ dimension }}', '{{ field }}'){{ "," if not loop.last }}
                    {% endfor %}
            ) as dimension_field(dimension, field)
            on icp.dimension = dimension_field.dimension
    ),

    tracked as (select distinct source_system, field from {{ ref("int_lead_change") }}),

    -- counters (touches, conversations) are none of a record's fields: what they count has times of its own
    carried as (
        select
            source_system,
            {% for field in lead_value_fields() %}
                count({{ field }}) as {{ field }}{{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("int_lead") }}
        group by source_system
    ),

    counted as (
        select
            carried.source_system,
            used_field.field,
            case
                used_field.field
                {% for field in lead_value_fields() %} when '{{ field }}' then carried.{{ field }} {% endfor %}
            end as leads
        from carried
        cross join used_field
    ),

    final as (
        select counted.source_system, counted.field, cast(counted.leads as bigint) as leads
        from counted
        left join tracked on counted.source_system = tracked.source_system and counted.field = tracked.field
        where counted.leads > 0 and tracked.field is null
    )

select *
from final

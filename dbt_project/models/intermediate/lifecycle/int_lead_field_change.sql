-- Grain: one row per change of a field that criteria or the ideal customer profile read, in order (change_number).
-- The history of a lead's own fields: a merged-away record's fields were not the survivor's, and of several systems the
-- first that has a history of the field tells it.
with
    used_field as (
        select field
        from {{ ref("stg_definitions__stage_criteria") }}
        union
        select field
        from
            (
                values
                    {% for field in icp_dimensions().values() %} ('{{ field }}'){{ "," if not loop.last }} {% endfor %}
            ) as profile(field)
    ),

    changes as (
        select
            leads.lead_id,
            change.record_id,
            change.field,
            change.old_value,
            change.new_value,
            greatest(change.changed_at, leads.created_at) as changed_at,
            change.changed_at as recorded_at,
            change.sequence
        from {{ ref("int_lead_change") }} as change
        inner join used_field on change.field = used_field.field
        inner join
            {{ ref("int_lead_alias") }} as alias
            on change.record_id = alias.record_id
            and change.record_id = alias.survivor_id
        inner join {{ ref("int_lead") }} as leads on alias.lead_id = leads.lead_id
    ),

    teller as (
        select lead_id, field, min(case when record_id = lead_id then '' else record_id end) as record_id
        from changes
        group by lead_id, field
    ),

    final as (
        select
            changes.lead_id,
            changes.field,
            {% for column in ["old_value", "new_value"] %}
                case
                    when changes.field like 'has_%' and lower(trim(changes.{{ column }})) in ('1', 'yes', 't', 'y')
                    then 'true'
                    else coalesce(trim(changes.{{ column }}), '')
                end as {{ column }},
            {% endfor %}
            changes.changed_at,
            row_number() over (
                partition by changes.lead_id, changes.field order by changes.recorded_at, changes.sequence
            ) as change_number
        from changes
        inner join
            teller
            on changes.lead_id = teller.lead_id
            and changes.field = teller.field
            and changes.record_id = case when teller.record_id = '' then changes.lead_id else teller.record_id end
    )

select *
from final

-- Grain: one row per change of a field that criteria, the ideal customer profile or scores read, in order
-- (change_number).
-- The history of the records merged into a lead is the lead's; of several systems the lead's own tells it, else, where
-- its own record does not know the field, the first that has a history of it. Values are as on the lead: sources by
-- the agreed names.
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
        union
        select 'lead_source' as field
    ),

    changes as (
        select
            leads.lead_id,
            case when change.source_system = leads.source_system then '' else change.source_system end as teller,
            change.field,
            change.old_value,
            change.new_value,
            greatest(change.changed_at, leads.created_at) as changed_at,
            change.changed_at as recorded_at,
            change.sequence,
            change.record_id
        from {{ ref("int_lead_change") }} as change
        inner join used_field on change.field = used_field.field
        inner join {{ ref("int_lead_alias") }} as alias on change.record_id = alias.record_id
        inner join {{ ref("int_lead") }} as leads on alias.lead_id = leads.lead_id
    ),

    own_value as (
        select told.lead_id, told.field
        from (select distinct lead_id, field from changes where teller <> '') as told
        inner join {{ ref("int_lead_record") }} as leads on told.lead_id = leads.record_id
        where trim({{ lead_field_text("told.field", lead_value_fields()) }}) <> ''
    ),

    first_teller as (
        select changes.lead_id, changes.field, min(changes.teller) as teller
        from changes
        left join
            own_value
            on case when changes.teller <> '' then changes.lead_id end = own_value.lead_id
            and changes.field = own_value.field
        where own_value.lead_id is null
        group by changes.lead_id, changes.field
    ),

    final as (
        select
            changes.lead_id,
            changes.field,
            {% for column in ["old_value", "new_value"] %}
                case
                    when
                        changes.field like 'has_%'
                        and lower(trim(changes.{{ column }})) in ('1', '1.0', 'true', 'yes', 't', 'y')
                    then 'true'
                    when
                        changes.field like 'has_%'
                        and lower(trim(changes.{{ column }})) in ('0', '0.0', 'false', 'no', 'f', 'n')
                    then 'false'
                    when changes.field = 'lead_source'
                    then coalesce({{ column }}_source.lead_source, trim(changes.{{ column }}), '')
                    when changes.field in ('{{ lead_number_fields() | join("', '") }}')
                    then coalesce({{ plain_text("changes." ~ column) }}, '')
                    when changes.field in ('{{ lead_id_fields() | join("', '") }}')
                    then coalesce({{ native_id_of("trim(changes." ~ column ~ ")") }}, '')
                    else coalesce(trim(changes.{{ column }}), '')
                end as {{ column }},
            {% endfor %}
            changes.changed_at,
            changes.recorded_at,
            row_number() over (
                partition by changes.lead_id, changes.field
                order by changes.recorded_at, changes.sequence, changes.record_id
            ) as change_number
        from changes
        inner join
            first_teller
            on changes.lead_id = first_teller.lead_id
            and changes.field = first_teller.field
            and changes.teller = first_teller.teller
        {% for column in ["old_value", "new_value"] %}
            left join
                {{ ref("stg_definitions__lead_sources") }} as {{ column }}_source
                on lower(trim(changes.{{ column }})) = {{ column }}_source.crm_value_key
        {% endfor %}
    )

select *
from final

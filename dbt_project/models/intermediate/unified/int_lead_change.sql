-- Grain: one row per change of a field of a lead, under the field's canonical name. Order by changed_at, sequence.
-- Histories without old values (HubSpot's) take the value before of the same property; the first has none.
{% set columns = [
    "change_id",
    "record_id",
    "source_system",
    "field",
    "old_value",
    "new_value",
    "changed_at",
    "changed_by",
    "sequence",
] %}
{% set parts = [
    "stg_salesforce__lead_history",
    "stg_marketo__lead_change",
    "stg_mapped__lead_history",
] %}

with
    delivered as (
        {% for part in parts %}
            select
                {{ columns | join(", ") }},
                {{ "false as" if part == "stg_marketo__lead_change" }} is_deleted,
                version_at,
                delivery_rank,
                record_line
            from {{ ref(part) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    newest as (
        select {{ columns | reject("equalto", "sequence") | join(", ") }}, coalesce(sequence, change_id) as sequence
        from (select * from delivered qualify {{ newest_version("change_id") }}) as ranked
        -- Salesforce deletes what it merges away, its history with it: it is the survivor's
        where
            not is_deleted
            or (
                source_system = 'salesforce'
                and record_id in (select loser_id from {{ ref("int_lead_merge") }} where object = 'lead')
            )
    ),

    final as (
        select *
        from newest
        union all
        select {{ columns | join(", ") }}
        from {{ ref("int_hubspot_contact_change") }}
    )

select *
from final

-- Grain: one row per history row of an opportunity: stage changes and, repeating the stage, amount changes. Order by
-- changed_at, sequence.
{% set columns = [
    "change_id",
    "record_id",
    "source_system",
    "stage",
    "amount",
    "changed_at",
    "sequence",
] %}
{% set parts = [
    "stg_salesforce__opportunity_history",
    "stg_hubspot__deal_stage",
    "stg_mapped__opportunity_stage_history",
] %}

with
    delivered as (
        {% for part in parts %}
            select
                {{ columns | join(", ") }},
                {{ "false as" if part == "stg_mapped__opportunity_stage_history" }} is_deleted,
                version_at,
                delivery_rank,
                record_line
            from {{ ref(part) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select {{ columns | reject("equalto", "sequence") | join(", ") }}, coalesce(sequence, change_id) as sequence
        from (select * from delivered qualify {{ newest_version("change_id") }}) as ranked
        where not is_deleted
    )

select *
from final

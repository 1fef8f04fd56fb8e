-- Grain: one row per opportunity record of any source, newest version; also deleted and merged-away ones
-- (int_record_survivor). stage is the CRM's value.
{% set columns = [
    "record_id",
    "source_system",
    "native_id",
    "name",
    "account_id",
    "contact_id",
    "lead_id",
    "owner_id",
    "campaign_id",
    "lead_source",
    "stage",
    "opportunity_type",
    "amount",
    "currency",
    "close_date",
    "loss_reason",
    "competitor",
    "created_at",
    "updated_at",
    "is_deleted",
    "synced_opportunity_id",
    "merged_ids",
    "attributes",
] %}

with
    delivered as (
        {% for part in ["stg_salesforce__opportunity", "stg_hubspot__deal", "stg_mapped__opportunity"] %}
            select
                {{ columns | join(", ") }},
                {{ "cast(null as varchar) as" if part != "stg_mapped__opportunity" }} merged_into_id,
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
        select {{ columns | join(", ") }}, merged_into_id from delivered qualify {{ newest_version("record_id") }}
    )

select *
from final

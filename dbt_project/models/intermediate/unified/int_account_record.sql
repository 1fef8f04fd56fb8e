-- Grain: one row per account record, newest version; also deleted and merged ones.
{% set columns = [
    "record_id",
    "source_system",
    "name",
    "website",
    "industry",
    "employee_count",
    "annual_revenue",
    "country",
    "technology",
    "growth_stage",
    "owner_id",
    "parent_id",
    "created_at",
    "is_deleted",
    "merged_into_id",
    "synced_account_id",
    "merged_ids",
    "attributes",
] %}
{% set parts = [
    "stg_salesforce__account",
    "stg_hubspot__company",
    "stg_mapped__account",
] %}

with
    delivered as ({{ every_version(parts, columns) }}),

    final as (select {{ columns | join(", ") }} from delivered qualify {{ newest_version("record_id") }})

select *
from final

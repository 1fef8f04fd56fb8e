-- Grain: one row per contact record, newest version. HubSpot and Marketo have no contacts apart from their leads.
{% set columns = [
    "record_id",
    "source_system",
    "first_name",
    "last_name",
    "email",
    "job_title",
    "account_id",
    "created_at",
    "is_deleted",
    "merged_into_id",
    "merged_ids",
    "synced_lead_id",
    "synced_contact_id",
] %}
{% set parts = [
    "stg_salesforce__contact",
    "stg_mapped__contact",
] %}

with
    delivered as ({{ every_version(parts, columns) }}),

    final as (select {{ columns | join(", ") }} from delivered qualify {{ newest_version("record_id") }})

select *
from final

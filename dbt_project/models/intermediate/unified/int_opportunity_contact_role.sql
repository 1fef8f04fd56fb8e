-- Grain: one row per opportunity and person record (a contact, in HubSpot the lead itself).
{% set columns = [
    "role_id",
    "opportunity_record_id",
    "person_record_id",
    "is_deleted",
] %}
{% set parts = [
    "stg_salesforce__opportunity_contact_role",
    "stg_hubspot__deal_contact",
    "stg_mapped__opportunity_contact_role",
] %}

with
    delivered as ({{ every_version(parts, columns) }}),

    newest as (select {{ columns | join(", ") }} from delivered qualify {{ newest_version("role_id") }}),

    final as (
        select distinct opportunity_record_id, person_record_id
        from newest
        where not is_deleted and opportunity_record_id is not null and person_record_id is not null
    )

select *
from final

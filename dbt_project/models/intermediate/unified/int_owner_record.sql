-- Grain: one row per user. Queues are no users: they are owner ids that begin with 00G.
{% set columns = [
    "record_id",
    "source_system",
    "name",
    "team",
    "type",
    "is_active",
    "attributes",
] %}
{% set parts = [
    "stg_salesforce__user",
    "stg_hubspot__owner",
    "stg_mapped__owner",
] %}

with
    delivered as ({{ every_version(parts, columns) }}),

    final as (select {{ columns | join(", ") }} from delivered qualify {{ newest_version("record_id") }})

select *
from final

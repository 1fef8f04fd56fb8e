-- Grain: one row per campaign of a CRM, a marketing tool or an ads platform, newest version.
{% set columns = [
    "record_id",
    "source_system",
    "name",
    "type",
    "starts_on",
    "ends_on",
    "actual_cost",
    "is_deleted",
    "currency",
    "platform",
    "attributes",
] %}
{% set parts = [
    "stg_salesforce__campaign",
    "stg_marketo__program",
    "stg_google_ads__campaign",
    "stg_linkedin_ads__campaign",
    "stg_meta_ads__campaign",
    "stg_microsoft_ads__campaign",
    "stg_mapped__campaign",
] %}

with
    delivered as ({{ every_version(parts, columns) }}),

    final as (select {{ columns | join(", ") }} from delivered qualify {{ newest_version("record_id") }})

select *
from final

-- Grain: one row per lead record of any source, in its newest version; also the deleted, merged and held ones.
-- is_admitted is the gate's verdict. A creation that the newest version lacks is the one before it told: a lead does
-- not lose its day by a blanked field.
{% set columns = (
    ["record_id", "source_system", "native_id"]
    + lead_value_fields()
    + [
        "created_at",
        "updated_at",
        "is_deleted",
        "merged_into_id",
        "cookie_id",
        "synced_lead_id",
        "synced_contact_id",
        "synced_account_id",
        "merged_ids",
        "attributes",
    ]
) %}
{% set parts = [
    "stg_salesforce__lead",
    "stg_hubspot__contact",
    "stg_marketo__lead",
    "stg_mapped__lead",
] %}

with
    delivered as ({{ every_version(parts, columns) }}),

    newest as (select {{ columns | join(", ") }}, version_at from delivered qualify {{ newest_version("record_id") }}),

    -- of the few that need it
    known_creation as (
        select record_id, created_at
        from delivered
        where created_at is not null and record_id in (select record_id from newest where created_at is null)
        qualify {{ newest_version("record_id") }}
    ),

    admission as (select * from {{ source("quality", "lead_admission") }}),

    final as (
        select
            newest.{{ columns | reject("equalto", "created_at") | join(", newest.") }},
            coalesce(newest.created_at, known_creation.created_at) as created_at,
            newest.version_at,
            coalesce(admission.is_admitted, false) as is_admitted,
            -- deleted and merged-away records are not judged
            admission.native_id is not null and not coalesce(admission.is_gone, false) as is_judged,
            admission.is_complete_at_first,
            admission.first_failed_rules
        from newest
        left join known_creation on newest.record_id = known_creation.record_id
        left join admission on newest.source_system = admission.source_system and newest.native_id = admission.native_id
    )

select *
from final

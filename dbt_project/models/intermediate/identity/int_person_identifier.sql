-- Grain: one row per identifier that a site may send as user id, with the person it names: an e-mail, a record's id
-- with or without its system, 15 characters of 18.
with
    person_record as (select * from {{ ref("int_person_record") }} where is_lead_first),

    identifier as (
        select email as identifier, person_id, 0 as precedence, '' as source_system
        from {{ ref("int_person_email") }}
        union all
        select record_id as identifier, person_id, 1 as precedence, '' as source_system
        from person_record
        union all
        select
            {{ native_id_of("record_id") }} as identifier,
            person_id,
            1 + {{ system_rank("left(record_id, " ~ dbt.position("':'", "record_id") ~ " - 1)") }} as precedence,
            left(record_id, {{ dbt.position("':'", "record_id") }} - 1) as source_system
        from person_record
        union all
        select
            left({{ native_id_of("record_id") }}, 15) as identifier,
            person_id,
            1 + {{ system_rank("'salesforce'") }} as precedence,
            'salesforce' as source_system
        from person_record
        where record_id like 'salesforce:%' and length(record_id) = length('salesforce:') + 18
    ),

    final as (
        select identifier, person_id
        from identifier
        qualify row_number() over (partition by identifier order by precedence, source_system, person_id) = 1
    )

select *
from final

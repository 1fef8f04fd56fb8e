-- Grain: one row per e-mail that belongs to exactly one person. What is no address (`n/a`) may stand for
-- several people and then names nobody.
with
    addresses as (
        select 'lead' as object, record_id, email
        from {{ ref("int_lead_record") }}
        where email is not null
        union all
        select 'contact' as object, record_id, email
        from {{ ref("int_contact_record") }}
        where email is not null
    ),

    final as (
        select addresses.email, min(person.person_id) as person_id
        from addresses
        inner join
            {{ ref("int_person_record") }} as person
            on addresses.object = person.object
            and addresses.record_id = person.record_id
        group by addresses.email
        having min(person.person_id) = max(person.person_id)
    )

select *
from final

-- Grain: one row per person: an identity cluster of leads and contacts. Joined by conversion link, merge chain, sync
-- id, then e-mail; never by name. Join facts on person_id; a person may have several leads.
with
    touched as (
        select person_id, min(touched_at) as first_touched_at
        from {{ ref("int_touch") }}
        where person_id is not null
        group by person_id
    ),

    final as (
        select
            person.person_id,
            {{ earliest("person.first_created_at", "touched.first_touched_at") }} as first_seen_at,
            person.lead_count,
            person.contact_id,
            person.account_id,
            person.full_name,
            person.job_title,
            person.email
        from {{ ref("int_person") }} as person
        left join touched on person.person_id = touched.person_id
    )

select *
from final

-- Grain: one row per person (identity cluster). The contact is the earliest surviving one; the account is the
-- contact's, else that of the person's earliest lead with one.
with
    record as (
        select person.person_id, person.object, survivor.state, person.record_id
        from {{ ref("int_person_record") }} as person
        inner join
            {{ ref("int_record_survivor") }} as survivor
            on person.object = survivor.object
            and person.record_id = survivor.record_id
    ),

    contacts as (
        select
            record.person_id,
            record.record_id,
            contact.created_at,
            {{ full_name("contact.first_name", "contact.last_name") }} as full_name,
            contact.job_title,
            contact.email,
            alias.account_id
        from record
        inner join {{ ref("int_contact_record") }} as contact on record.record_id = contact.record_id
        left join {{ ref("int_account_alias") }} as alias on contact.account_id = alias.record_id
        where record.object = 'contact' and record.state = 'survivor'
    ),

    contact_of_person as (
        select *
        from contacts
        qualify row_number() over (partition by person_id order by created_at nulls last, record_id) = 1
    ),

    contact_account as (
        select person_id, account_id
        from contacts
        where account_id is not null
        qualify row_number() over (partition by person_id order by created_at nulls last, record_id) = 1
    ),

    lead_of_person as (
        select
            person_id,
            count(*) as lead_count,
            min(created_at) as first_created_at,
            min_by(full_name, case when full_name is not null then lead_rank end) as full_name,
            min_by(job_title, case when job_title is not null then lead_rank end) as job_title,
            min_by(email, case when email is not null then lead_rank end) as email,
            min_by(account_id, case when account_id is not null then lead_rank end) as account_id
        from
            (
                select
                    *,
                    {{ full_name("first_name", "last_name") }} as full_name,
                    row_number() over (partition by person_id order by created_at, lead_id) as lead_rank
                from {{ ref("int_lead") }}
            ) as ranked
        group by person_id
    ),

    -- the records that were merged away and those that are held were there too
    first_record as (
        select record.person_id, min(coalesce(leads.created_at, contact.created_at)) as created_at
        from record
        -- a condition on the left table beside the equality would have DuckDB compare each row with each
        left join
            {{ ref("int_lead_record") }} as leads
            on case when record.object = 'lead' then record.record_id end = leads.record_id
        left join
            {{ ref("int_contact_record") }} as contact
            on case when record.object = 'contact' then record.record_id end = contact.record_id
        group by record.person_id
    ),

    final as (
        select
            first_record.person_id,
            contact_of_person.record_id as contact_id,
            coalesce(contact_account.account_id, lead_of_person.account_id) as account_id,
            coalesce(lead_of_person.lead_count, 0) as lead_count,
            {{ earliest("first_record.created_at", "lead_of_person.first_created_at") }} as first_created_at,
            coalesce(contact_of_person.full_name, lead_of_person.full_name) as full_name,
            coalesce(contact_of_person.job_title, lead_of_person.job_title) as job_title,
            coalesce(contact_of_person.email, lead_of_person.email) as email
        from first_record
        left join contact_of_person on first_record.person_id = contact_of_person.person_id
        left join contact_account on first_record.person_id = contact_account.person_id
        left join lead_of_person on first_record.person_id = lead_of_person.person_id
    )

select *
from final

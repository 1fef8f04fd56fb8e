{#- Common table expressions that end in named_touch: the rows of touch_record (define it before) with the person whom
    the touch itself names: by record (a contact's before a lead's of its number where it says so), by user id, by
    e-mail. Touches recorded on a deleted lead or contact are left out; a session stays, without person. -#}
{% macro named_touch() %}
    delivered_record as (
        select record_id
        from {{ ref("int_lead_record") }}
        union
        select record_id
        from {{ ref("int_contact_record") }}
    ),

    removed_record as (
        select record_id
        from delivered_record
        where record_id not in (select record_id from {{ ref("int_person_record") }})
    ),

    contact_person as (select record_id, person_id from {{ ref("int_person_record") }} where object = 'contact'),

    -- of which a lead may have the number
    removed_contact as (
        select record_id
        from {{ ref("int_contact_record") }}
        where record_id not in (select record_id from contact_person)
    ),

    named_touch as (
        select
            touch_record.*,
            coalesce(
                by_contact.person_id, by_record.person_id, by_user.person_id, by_email.person_id
            ) as named_person_id
        from touch_record
        left join
            contact_person as by_contact
            on case when touch_record.is_of_contact then touch_record.person_record_id end = by_contact.record_id
        left join
            {{ ref("int_person_record") }} as by_record
            on touch_record.person_record_id = by_record.record_id
            and by_record.is_lead_first
        left join
            {{ ref("int_person_identifier") }} as by_user
            on case
                when touch_record.user_id like '%@%'
                then lower(trim(touch_record.user_id))
                else trim(touch_record.user_id)
            end
            = by_user.identifier
        left join {{ ref("int_person_email") }} as by_email on lower(trim(touch_record.email)) = by_email.email
        where
            not coalesce(
                touch_record.touch_type <> 'web_session'
                and (
                    touch_record.person_record_id in (select record_id from removed_record)
                    or touch_record.is_of_contact
                    and touch_record.person_record_id in (select record_id from removed_contact)
                ),
                false
            )
    )
{% endmacro %}

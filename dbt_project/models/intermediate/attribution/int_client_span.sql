-- Grain: one row per span of a client id that is somebody's: from just after one touch that names its person up to the
-- next; the last one keeps what follows. previous_person_id: whose it was taken for before that next one. Decided
-- touch by touch, so a shared browser never makes two people one.
with
    touch_record as (
        select touch_id, client_id, touched_at, touch_type, person_record_id, is_of_contact, user_id, email
        from {{ ref("int_touch_record") }}
        where client_id is not null and coalesce(person_record_id, user_id, email) is not null
    ),

    {{ named_touch() }},

    identified_touch as (
        select
            client_id,
            touched_at,
            named_person_id as person_id,
            lag(touched_at) over (partition by client_id order by touched_at, touch_id) as previous_at,
            lag(named_person_id) over (partition by client_id order by touched_at, touch_id) as previous_person_id,
            lead(touched_at) over (partition by client_id order by touched_at, touch_id) as next_at
        from named_touch
        where named_person_id is not null
    ),

    final as (
        select
            client_id,
            person_id,
            coalesce(previous_at, timestamp '0001-01-01 00:00:00') as after_at,
            touched_at as until_at,
            previous_person_id
        from identified_touch
        union all
        select
            client_id,
            person_id,
            touched_at as after_at,
            timestamp '9999-12-31 00:00:00' as until_at,
            person_id as previous_person_id
        from identified_touch
        where next_at is null
    )

select *
from final

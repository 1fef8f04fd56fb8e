-- Grain: one row per (lead, sales activity). An activity on a contact counts for every lead converted into it; one on a
-- number that a system gave a lead and a contact is the lead's.
-- took_place_at: when it was completed, a meeting not before it was held.
with
    contact_survivor as (
        select record_id, survivor_id
        from {{ ref("int_record_survivor") }}
        where object = 'contact' and state in ('survivor', 'merged')
    ),

    living_lead as (
        select record_id from {{ ref("int_record_survivor") }} where object = 'lead' and state <> 'deleted'
    ),

    link as (
        select record_id, lead_id
        from {{ ref("int_lead_alias") }}
        union
        select contact.record_id, alias.lead_id
        from {{ ref("int_lead_record") }} as record
        inner join {{ ref("int_lead_alias") }} as alias on record.record_id = alias.record_id
        inner join contact_survivor as converted on record.converted_contact_id = converted.record_id
        inner join contact_survivor as contact on converted.survivor_id = contact.survivor_id
        left join living_lead on contact.record_id = living_lead.record_id
        where living_lead.record_id is null
    ),

    acted as (
        select
            link.lead_id,
            activity.activity_id,
            activity.type as activity_type,
            activity.direction,
            activity.is_completed,
            coalesce(owner.is_sales, false) as is_by_sales,
            activity.outcome,
            activity.subject,
            activity.happened_at,
            activity.acted_at
        from {{ ref("int_activity_record") }} as activity
        inner join link on activity.person_record_id = link.record_id
        left join {{ ref("int_owner") }} as owner on activity.owner_id = owner.owner_id
    ),

    final as (
        select
            *,
            case
                when activity_type = 'meeting' and happened_at > acted_at then happened_at else acted_at
            end as took_place_at
        from acted
        where acted_at is not null
    )

select *
from final

-- Grain: one row per lead record that lives on in a lead: record_id -> lead_id. Records merged away and the same lead's
-- records in other systems are included; deleted, held and cyclic ones are not.
-- A record of a lower system joins one lead of a higher one: by a sync id, else by one of the records merged into it,
-- else the earliest created with its e-mail.
with
    leads as (
        select
            record.record_id,
            record.source_system,
            record.email,
            record.created_at,
            {{ system_rank("record.source_system") }} as system_rank
        from {{ ref("int_lead_record") }} as record
        inner join
            {{ ref("int_record_survivor") }} as survivor
            on survivor.object = 'lead'
            and record.record_id = survivor.record_id
            and survivor.state = 'survivor'
        where record.is_admitted
    ),

    lead_survivor as (
        select record_id, survivor_id
        from {{ ref("int_record_survivor") }}
        where object = 'lead' and state in ('survivor', 'merged')
    ),

    contact_survivor as (
        select record_id, survivor_id
        from {{ ref("int_record_survivor") }}
        where object = 'contact' and state in ('survivor', 'merged')
    ),

    sync_ids as (
        select
            lead_survivor.survivor_id as record_id,
            record.synced_lead_id,
            record.synced_contact_id,
            case when record.record_id = lead_survivor.survivor_id then 1 else 2 end as strength
        from {{ ref("int_lead_record") }} as record
        inner join lead_survivor on record.record_id = lead_survivor.record_id
        where record.synced_lead_id is not null or record.synced_contact_id is not null
    ),

    -- also a lead merged away since, and into a contact that was not delivered
    converted as (
        select
            lead_survivor.survivor_id as record_id,
            coalesce(contact.survivor_id, record.converted_contact_id) as contact_id
        from {{ ref("int_lead_record") }} as record
        inner join lead_survivor on record.record_id = lead_survivor.record_id
        left join contact_survivor as contact on record.converted_contact_id = contact.record_id
        where record.converted_contact_id is not null
    ),

    synced as (
        select sync_ids.record_id, lead_survivor.survivor_id as other_id, sync_ids.strength
        from sync_ids
        inner join lead_survivor on sync_ids.synced_lead_id = lead_survivor.record_id
        union all
        -- a contact's id leads to the leads that were converted into it
        select sync_ids.record_id, converted.record_id as other_id, sync_ids.strength
        from sync_ids
        left join contact_survivor as named on sync_ids.synced_contact_id = named.record_id
        inner join converted on coalesce(named.survivor_id, sync_ids.synced_contact_id) = converted.contact_id
        union all
        -- where the other system's leads are its contacts, the contact's id is a lead's
        select sync_ids.record_id, lead_survivor.survivor_id as other_id, sync_ids.strength
        from sync_ids
        inner join lead_survivor on sync_ids.synced_contact_id = lead_survivor.record_id
    ),

    email_systems as (
        select email from leads where email like '%@%' group by email having min(source_system) <> max(source_system)
    ),

    with_shared_email as (
        select leads.record_id, leads.email, leads.source_system
        from leads
        inner join email_systems on leads.email = email_systems.email
    ),

    pairs as (
        select record_id, other_id, strength
        from synced
        union all
        select other_id as record_id, record_id as other_id, strength
        from synced
        union all
        select near.record_id, far.record_id as other_id, 3 as strength
        from with_shared_email as near
        inner join with_shared_email as far on near.email = far.email and near.source_system <> far.source_system
    ),

    {{ elders("leads") }},

    resolved as (
        select
            lead_survivor.record_id,
            coalesce(elder.parent_id, leads.record_id) as lead_id,
            leads.record_id as survivor_id
        from lead_survivor
        inner join leads on lead_survivor.survivor_id = leads.record_id
        left join elder on leads.record_id = elder.record_id
    ),

    -- numbers to sort millions of rows by: ids share long prefixes. They hold for one build only.
    final as (
        select
            *,
            row_number() over (order by lead_id, record_id) as record_number,
            dense_rank() over (order by lead_id) as lead_number
        from resolved
    )

select *
from final

-- Grain: one row per lead or contact record that was not deleted, delivered or named by a merge or a conversion:
-- (object, record_id) -> person_id, the smallest record id of its identity cluster. Joined by conversion link, merge
-- chain, sync id, then normalised e-mail; never by name.
-- A system may number leads and contacts alike: join with the object where it is known; an id that may be either is the
-- lead's (is_lead_first) where a lead is the likelier, the contact's (is_contact_first) where a contact is.
with
    survivors as (select * from {{ ref("int_record_survivor") }} where object in ('lead', 'contact')),

    living as (select * from survivors where state <> 'deleted'),

    leads as (
        select
            'lead|' || living.record_id as node,
            record.email,
            record.converted_contact_id,
            record.synced_lead_id,
            record.synced_contact_id
        from {{ ref("int_lead_record") }} as record
        inner join living on living.object = 'lead' and record.record_id = living.record_id
    ),

    contacts as (
        select 'contact|' || living.record_id as node, record.email, record.synced_lead_id, record.synced_contact_id
        from {{ ref("int_contact_record") }} as record
        inner join living on living.object = 'contact' and record.record_id = living.record_id
    ),

    contact_link as (
        select node, converted_contact_id as contact_id
        from leads
        where converted_contact_id is not null
        union all
        select node, synced_contact_id as contact_id
        from leads
        where synced_contact_id is not null
        union all
        select node, synced_contact_id as contact_id
        from contacts
        where synced_contact_id is not null
    ),

    lead_link as (
        select node, synced_lead_id as lead_id
        from leads
        where synced_lead_id is not null
        union all
        select node, synced_lead_id as lead_id
        from contacts
        where synced_lead_id is not null
    ),

    membership as (
        select object || '|' || record_id as node, object || '|' || survivor_id as key
        from living
        union all
        select contact_link.node, 'contact|' || coalesce(survivors.survivor_id, contact_link.contact_id) as key
        from contact_link
        left join survivors on survivors.object = 'contact' and contact_link.contact_id = survivors.record_id
        where coalesce(survivors.state, '') <> 'deleted'
        union all
        -- an id in the other system, whose leads may be its contacts
        select contact_link.node, 'lead|' || living.survivor_id as key
        from contact_link
        inner join living on living.object = 'lead' and contact_link.contact_id = living.record_id
        union all
        select lead_link.node, 'lead|' || living.survivor_id as key
        from lead_link
        inner join living on living.object = 'lead' and lead_link.lead_id = living.record_id
        union all
        select 'lead|' || record_id as node, 'one lead|' || lead_id as key
        from {{ ref("int_lead_alias") }}
        where survivor_id <> lead_id or record_id = lead_id
        union all
        select node, 'email|' || email as key
        from leads
        where email like '%@%'
        union all
        select node, 'email|' || email as key
        from contacts
        where email like '%@%'
    ),

    {{ component_labels("membership") }},

    clustered as (
        select
            living.record_id,
            living.object,
            coalesce(component_label.label, living.object || '|' || living.record_id) as label
        from living
        left join component_label on living.object || '|' || living.record_id = component_label.node
    ),

    named as (select *, min(record_id) over (partition by label) as smallest_id from clustered),

    -- two people of whom one has the number as a lead, the other as a contact
    same_number as (
        select record_id, max(case when object = 'lead' then label end) as label_of_lead
        from named
        where record_id = smallest_id
        group by record_id
        having min(label) <> max(label)
    ),

    final as (
        select
            named.record_id,
            named.object,
            case
                when named.label <> same_number.label_of_lead
                then named.smallest_id || '|contact'
                else named.smallest_id
            end as person_id,
            named.object = 'lead' or count(*) over (partition by named.record_id) = 1 as is_lead_first,
            named.object = 'contact' or count(*) over (partition by named.record_id) = 1 as is_contact_first
        from named
        left join same_number on named.smallest_id = same_number.record_id
    )

select *
from final

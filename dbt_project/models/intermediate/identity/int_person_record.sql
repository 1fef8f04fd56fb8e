-- Grain: one row per lead or contact record that was not deleted: record_id -> person_id, the smallest record id of its
-- identity cluster. Joined by conversion link, merge chain, sync id, then normalised e-mail; never by name.
with
    survivors as (select * from {{ ref("int_record_survivor") }} where object in ('lead', 'contact')),

    living as (select * from survivors where state <> 'deleted'),

    leads as (
        select
            'lead|' || living.record_id as node,
            living.survivor_id,
            record.email,
            record.converted_contact_id,
            record.synced_lead_id,
            record.synced_contact_id
        from {{ ref("int_lead_record") }} as record
        inner join living on living.object = 'lead' and record.record_id = living.record_id
    ),

    contacts as (
        select 'contact|' || living.record_id as node, living.survivor_id, record.email
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
    ),

    membership as (
        select node, 'lead|' || survivor_id as key
        from leads
        union all
        select node, 'contact|' || survivor_id as key
        from contacts
        union all
        -- what was merged away before it was ever delivered
        select object || '|' || record_id as node, object || '|' || survivor_id as key
        from living
        where state = 'merged'
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
        select leads.node, 'lead|' || living.survivor_id as key
        from leads
        inner join living on living.object = 'lead' and leads.synced_lead_id = living.record_id
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

    named as (select record_id, object, min(record_id) over (partition by label) as person_id from clustered),

    final as (
        select record_id, object, person_id
        from named
        -- where one system numbers leads and contacts alike, the lead keeps the id
        qualify row_number() over (partition by record_id order by case when object = 'lead' then 0 else 1 end) = 1
    )

select *
from final

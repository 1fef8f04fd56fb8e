-- Grain: one row per opportunity and person of it: its lead and its contact roles, and the contact that the deal names
-- in a system that may know no roles.
with
    alias as (select * from {{ ref("int_opportunity_alias") }}),

    person as (select record_id, person_id from {{ ref("int_person_record") }} where is_contact_first)

select alias.opportunity_id, person.person_id
from {{ ref("int_opportunity_contact_role") }} as role
inner join alias on role.opportunity_record_id = alias.record_id
inner join person on role.person_record_id = person.record_id
union
select alias.opportunity_id, person.person_id
from {{ ref("int_opportunity_record") }} as record
inner join alias on record.record_id = alias.record_id
inner join person on record.contact_id = person.record_id
where not alias.is_merged_away
union
select opportunity.opportunity_id, leads.person_id
from {{ ref("int_opportunity") }} as opportunity
inner join {{ ref("int_lead") }} as leads on opportunity.lead_id = leads.lead_id
where leads.person_id is not null

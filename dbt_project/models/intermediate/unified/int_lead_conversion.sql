-- Grain: one row per link between a lead record and an opportunity record: the lead's conversion, the opportunity's
-- own lead, or in HubSpot a contact of the deal.
{{ config(materialized="view") }}

select record_id as lead_record_id, converted_opportunity_id as opportunity_record_id
from {{ ref("int_lead_record") }}
where converted_opportunity_id is not null
union
select lead_id as lead_record_id, record_id as opportunity_record_id
from {{ ref("int_opportunity_record") }}
where lead_id is not null
union
select person_record_id as lead_record_id, opportunity_record_id
from {{ ref("int_opportunity_contact_role") }}
where person_record_id like 'hubspot:%'
union
-- a deal may name its contact itself
select contact_id as lead_record_id, record_id as opportunity_record_id
from {{ ref("int_opportunity_record") }}
where contact_id like 'hubspot:%'

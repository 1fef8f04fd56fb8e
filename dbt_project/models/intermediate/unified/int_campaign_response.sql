-- Grain: one row per campaign member that responded. One that names a lead and a contact belongs to the contact where
-- the lead is deleted; one that names a deleted lead alone is left out, though a contact may have its number.
-- is_of_contact: person_record_id is a contact's, of which a lead may have the number.
-- touch_id: key of the response among touches.
with
    delivered as (
        {% for part in ["stg_salesforce__campaign_member", "stg_mapped__campaign_member"] %}
            select
                response_id,
                source_system,
                campaign_record_id,
                lead_record_id,
                contact_record_id,
                has_responded,
                responded_at,
                is_deleted,
                version_at,
                delivery_rank,
                record_line
            from {{ ref(part) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    newest as (select * from delivered qualify {{ newest_version("response_id") }}),

    campaign as (select record_id, type, name from {{ ref("int_campaign_record") }}),

    -- a source may number its touches and its members alike
    touch as (
        select distinct touch_id
        from {{ ref("stg_mapped__touch") }}
        -- of many touches, those few
        where touch_id in (select response_id from newest)
    ),

    member as (
        select newest.*, person_record.record_id is null and newest.contact_record_id is not null as is_of_contact
        from newest
        left join
            {{ ref("int_person_record") }} as person_record
            on newest.lead_record_id = person_record.record_id
            and person_record.object = 'lead'
        left join {{ ref("int_lead_record") }} as lead_record on newest.lead_record_id = lead_record.record_id
        where
            newest.has_responded
            and not newest.is_deleted
            and newest.responded_at is not null
            and (
                person_record.record_id is not null
                or newest.contact_record_id is not null
                or lead_record.record_id is null
            )
    ),

    final as (
        select
            member.response_id,
            case
                when touch.touch_id is not null then member.response_id || '|response' else member.response_id
            end as touch_id,
            member.source_system,
            member.campaign_record_id,
            case
                when member.is_of_contact then member.contact_record_id else member.lead_record_id
            end as person_record_id,
            member.is_of_contact,
            member.responded_at,
            campaign.type as campaign_type,
            campaign.name as campaign_name
        from member
        left join campaign on member.campaign_record_id = campaign.record_id
        left join touch on member.response_id = touch.touch_id
    )

select *
from final

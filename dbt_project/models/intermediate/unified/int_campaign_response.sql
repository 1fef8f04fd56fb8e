-- Grain: one row per campaign member that responded. One that names a lead and a contact belongs to the contact where
-- the lead is deleted.
with
    delivered as (
        {% for part in ["stg_salesforce__campaign_member", "stg_mapped__campaign_member"] %}
            select
                response_id,
                source_system,
                campaign_record_id,
                person_record_id,
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

    final as (
        select
            newest.response_id,
            newest.source_system,
            newest.campaign_record_id,
            case
                when person_record.record_id is null
                then coalesce(newest.contact_record_id, newest.person_record_id)
                else newest.person_record_id
            end as person_record_id,
            newest.responded_at,
            campaign.type as campaign_type,
            campaign.name as campaign_name
        from newest
        left join
            {{ ref("int_person_record") }} as person_record
            on newest.person_record_id = person_record.record_id
            and person_record.is_lead_first
        left join campaign on newest.campaign_record_id = campaign.record_id
        where newest.has_responded and not newest.is_deleted and newest.responded_at is not null
    )

select *
from final

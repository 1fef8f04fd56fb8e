-- Grain: one row per engagement and contact. Loaders deliver an engagement in parts (the engagement, the call, the
-- associations): they are put together here. Incoming e-mails and inbound calls are the prospect's, the rest is ours.
{%- set parts = ["engagement", "engagement_call", "engagement_email", "engagement_meeting", "engagement_task"] %}
with
    delivered as (
        {% for part in parts %}
            select
                raw.native_id,
                '{{ part }}' as part,
                {% if part == "engagement" -%} upper(raw.type)
                {%- else -%} '{{ part | replace("engagement_", "") | upper }}'
                {%- endif %} as type,
                upper(raw.type) as type_text,
                upper(raw.direction) as direction,
                upper(raw.status) as status,
                raw.outcome,
                raw.subject,
                raw.owner_id,
                raw.person_id,
                raw.record_id,
                raw.contact_ids,
                raw.deal_ids,
                raw.happened_at,
                raw.completed_at,
                raw.created_at,
                coalesce(raw.is_deleted, false) or coalesce(raw.fivetran_deleted, false) as is_deleted,
                raw.version_at,
                delivery.delivery_rank,
                raw._line as record_line
            from {{ source("hubspot", part) }} as raw
            inner join
                {{ ref("stg_quality__delivery") }} as delivery
                on raw._delivery_id = delivery.delivery_id
                and not delivery.is_past_snapshot
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    newest as (select * from delivered qualify {{ newest_version("native_id, part") }}),

    -- one version in several rows has a contact in each
    newest_row as (
        select native_id, person_id, contact_ids, deal_ids
        from delivered
        qualify rank() over (partition by native_id, part order by version_at desc nulls last, delivery_rank desc) = 1
    ),

    engagement as (
        select
            native_id,
            max(type) as type,
            max(type_text) as type_text,
            max(direction) as direction,
            max(status) as status,
            max(outcome) as outcome,
            max(subject) as subject,
            max(owner_id) as owner_id,
            max(record_id) as record_id,
            max(happened_at) as happened_at,
            max(completed_at) as completed_at,
            max(created_at) as created_at,
            max(case when is_deleted then 1 else 0 end) = 1 as is_deleted
        from newest
        group by native_id
    ),

    association as (
        select
            raw.engagement_id,
            raw.contact_id,
            raw.type_id,
            raw.fivetran_deleted,
            raw.version_at,
            delivery.delivery_rank,
            raw._line as record_line
        from {{ source("hubspot", "engagement_contact") }} as raw
        inner join
            {{ ref("stg_quality__delivery") }} as delivery
            on raw._delivery_id = delivery.delivery_id
            and not delivery.is_past_snapshot
        qualify {{ newest_version("raw.engagement_id, raw.contact_id, raw.type_id") }}
    ),

    contact as (
        select engagement_id, contact_id
        from association
        where not coalesce(fivetran_deleted, false)
        union
        select native_id as engagement_id, person_id as contact_id
        from newest_row
        where person_id is not null
        union
        select native_id as engagement_id, {{ each_id("contact_ids") }} as contact_id
        from newest_row
        where contact_ids is not null
    ),

    deal_association as (
        select
            raw.engagement_id,
            raw.deal_id,
            raw.type_id,
            raw.fivetran_deleted,
            raw.version_at,
            delivery.delivery_rank,
            raw._line as record_line
        from {{ source("hubspot", "engagement_deal") }} as raw
        inner join
            {{ ref("stg_quality__delivery") }} as delivery
            on raw._delivery_id = delivery.delivery_id
            and not delivery.is_past_snapshot
        qualify {{ newest_version("raw.engagement_id, raw.deal_id, raw.type_id") }}
    ),

    deal as (
        select engagement_id, min(deal_id) as deal_id
        from
            (
                select engagement_id, deal_id
                from deal_association
                where not coalesce(fivetran_deleted, false)
                union all
                select native_id as engagement_id, {{ each_id("deal_ids") }} as deal_id
                from newest_row
                where deal_ids is not null
            ) as named
        group by engagement_id
    ),

    final as (
        select
            case
                when count(*) over (partition by engagement.native_id) > 1
                then 'hubspot:' || engagement.native_id || '|' || contact.contact_id
                else 'hubspot:' || engagement.native_id
            end as activity_id,
            'hubspot' as source_system,
            case when engagement.type like '%EMAIL%' then 'email' else lower(engagement.type) end as type,
            case
                when
                    engagement.direction like 'IN%'
                    or engagement.type like 'INCOMING%'
                    or engagement.type_text like 'INCOMING%'
                then 'inbound'
                else 'outbound'
            end as direction,
            coalesce(engagement.status, upper(engagement.outcome)) as status,
            case
                when engagement.type = 'TASK'
                then coalesce(engagement.status = 'COMPLETED', false)
                when engagement.type = 'MEETING'
                then coalesce(upper(engagement.outcome), engagement.status) = 'COMPLETED'
                else engagement.status in ('COMPLETED', 'SENT')
            end as is_completed,
            case
                when engagement.type = 'MEETING'
                then engagement.happened_at
                else coalesce(engagement.completed_at, engagement.happened_at, engagement.created_at)
            end as takes_place_at,
            'hubspot:' || engagement.owner_id as owner_id,
            'hubspot:' || contact.contact_id as person_record_id,
            'hubspot:' || coalesce(engagement.record_id, deal.deal_id) as related_record_id,
            engagement.subject,
            coalesce(engagement.completed_at, engagement.happened_at, engagement.created_at) as happened_at,
            engagement.completed_at,
            engagement.created_at,
            -- of a meeting it says whether it was held, no more
            case when engagement.type <> 'MEETING' then engagement.outcome end as outcome,
            engagement.is_deleted,
            cast(null as timestamp) as version_at,
            1 as delivery_rank,
            1 as record_line
        from engagement
        left join contact on engagement.native_id = contact.engagement_id
        left join deal on engagement.native_id = deal.engagement_id
    )

select *
from final

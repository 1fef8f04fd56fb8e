-- Grain: one row per change of a contact property. lifecyclestage and hs_lead_status are both the status; each takes
-- its own value before as the old one; told again as it was, it is no change. Where a contact has no history, the dates
-- it carries itself stand in.
-- HubSpot's own source (hs_analytics_source) is the lead source of a contact that names no other.
{% set stages = ["lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer"] %}
with
    delivered as (
        select
            record_id,
            property,
            value,
            changed_at,
            change_source,
            user_id,
            record_id
            || '|'
            || property
            || '|'
            || cast(changed_at as {{ dbt.type_string() }})
            || '|'
            || coalesce(value, '') as change_id,
            version_at,
            delivery_rank,
            record_line
        from {{ ref("stg_hubspot__contact_property_history") }}
    ),

    newest as (select * from delivered qualify {{ newest_version("change_id") }}),

    owner as (
        select user_id, min(record_id) as record_id
        from {{ ref("stg_hubspot__owner") }}
        where user_id is not null
        group by user_id
    ),

    recorded as (
        select
            newest.change_id,
            newest.record_id,
            newest.property,
            lag(newest.value) over (
                partition by newest.record_id, newest.property order by newest.changed_at, newest.change_id
            ) as old_value,
            newest.value as new_value,
            newest.changed_at,
            -- imports, workflows and integrations are no person
            case
                when newest.change_source like 'CRM_UI%' or newest.change_source like 'MOBILE%'
                then coalesce(owner.record_id, 'hubspot:' || newest.user_id)
            end as changed_by,
            -- of one moment the lifecycle stage comes first: a lead status is the finer word
            case newest.property when 'lifecyclestage' then '0|' else '1|' end || newest.change_id as sequence
        from newest
        left join owner on newest.user_id = owner.user_id
    ),

    contact as (select * from {{ ref("stg_hubspot__contact") }} qualify {{ newest_version("record_id") }}),

    dated as (
        {% for stage in stages %}
            select record_id, '{{ stage }}' as stage, entered_{{ stage }}_at as entered_at, {{ loop.index }} as position
            from contact
            where entered_{{ stage }}_at is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    undated as (
        {% for stage in stages %}
            select record_id
            from contact
            where lower(replace(status, ' ', '')) = '{{ stage }}' and entered_{{ stage }}_at is null
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    stated as (
        select
            dated.record_id || '|' || dated.stage as change_id,
            dated.record_id,
            'lifecyclestage' as property,
            lag(dated.stage) over (partition by dated.record_id order by dated.entered_at, dated.position) as old_value,
            dated.stage as new_value,
            dated.entered_at as changed_at,
            cast(null as {{ dbt.type_string() }}) as changed_by,
            '0|' || cast(dated.position as {{ dbt.type_string() }}) as sequence
        from dated
        where
            not exists (
                select 1
                from recorded
                where recorded.record_id = dated.record_id and recorded.property = 'lifecyclestage'
            )
            -- dates that leave out the stage the contact is in are no history
            and dated.record_id not in (select record_id from undated)
    ),

    last_source as (
        select record_id, new_value as value
        from recorded
        where property = 'hs_analytics_source'
        qualify row_number() over (partition by record_id order by changed_at desc, change_id desc) = 1
    ),

    sourced_by_hubspot as (
        select contact.record_id
        from contact
        inner join last_source on contact.record_id = last_source.record_id and contact.lead_source = last_source.value
        where contact.record_id not in (select record_id from recorded where property = 'lead_source')
    ),

    changes as (
        select *
        from recorded
        union all
        select *
        from stated
    ),

    final as (
        select
            change_id,
            record_id,
            'hubspot' as source_system,
            case
                when property in ('lifecyclestage', 'hs_lead_status')
                then 'status'
                when property = 'hs_analytics_source'
                then 'lead_source'
                else property
            end as field,
            old_value,
            new_value,
            changed_at,
            changed_by,
            sequence
        from changes
        where
            nullif(trim(old_value), '') is distinct from nullif(trim(new_value), '')
            -- the first value of a source is no change of it: the source at creation is the old value of the first
            -- change
            and (property not in ('lead_source', 'hs_analytics_source') or old_value is not null)
            and (property <> 'hs_analytics_source' or record_id in (select record_id from sourced_by_hubspot))
    )

select *
from final

-- Grain: one row per person and event, from the first touch to the closed deal, in order of occurred_at. An event of a
-- lead or an opportunity names it; a touch belongs to the person and names neither. What is dated after now has not
-- happened; what has no date has no place here.
{{ config(materialized="view") }}

with
    leads as (select * from {{ ref("int_lead") }}),

    opportunity as (select * from {{ ref("int_opportunity") }} where person_id is not null),

    -- with a lead; else with a contact who never was one, or about a deal alone
    activity as (
        select
            activity.activity_id || '|' || activity.lead_id as activity_key,
            leads.person_id,
            activity.lead_id,
            cast(null as varchar) as opportunity_id,
            activity.activity_type,
            activity.happened_at,
            activity.acted_at,
            activity.subject,
            activity.outcome
        from {{ ref("int_lead_activity") }} as activity
        inner join leads on activity.lead_id = leads.lead_id
        where activity.is_completed
        union all
        select
            activity.activity_id as activity_key,
            coalesce(person.person_id, opportunity.person_id) as person_id,
            opportunity.lead_id,
            opportunity.opportunity_id,
            activity.type as activity_type,
            activity.happened_at,
            activity.acted_at,
            activity.subject,
            activity.outcome
        from {{ ref("int_activity_record") }} as activity
        left join
            (select distinct activity_id from {{ ref("int_lead_activity") }}) as of_lead
            on activity.activity_id = of_lead.activity_id
        left join
            {{ ref("int_person_record") }} as person
            on activity.person_record_id = person.record_id
            and person.is_lead_first
        left join
            {{ ref("int_opportunity_alias") }} as alias
            on case when activity.person_record_id is null then activity.related_record_id end = alias.record_id
        left join opportunity on alias.opportunity_id = opportunity.opportunity_id
        where
            of_lead.activity_id is null
            and activity.is_completed
            and activity.acted_at is not null
            and coalesce(person.person_id, opportunity.person_id) is not null
    ),

    events as (
        select
            'touch|' || touch_id as event_id,
            person_id,
            cast(null as varchar) as lead_id,
            cast(null as varchar) as opportunity_id,
            touched_at as occurred_at,
            touch_type as event_type,
            channel,
            campaign_id,
            coalesce(content, campaign_name, split_part(split_part(landing_page, '?', 1), '#', 1)) as detail
        from {{ ref("int_touch") }}
        where person_id is not null
        union all
        select
            'created|' || lead_id as event_id,
            person_id,
            lead_id,
            cast(null as varchar) as opportunity_id,
            created_at as occurred_at,
            'lead_created' as event_type,
            cast(null as varchar) as channel,
            campaign_id,
            lead_source as detail
        from leads
        union all
        select
            'stage|'
            || event.lead_id
            || '|'
            || event.basis
            || '|'
            || event.stage
            || '|'
            || cast(event.entry_number as varchar) as event_id,
            leads.person_id,
            event.lead_id,
            cast(null as varchar) as opportunity_id,
            event.entered_at as occurred_at,
            case event.basis when 'crm' then 'lead_stage' else 'lead_stage_by_definition' end as event_type,
            cast(null as varchar) as channel,
            cast(null as varchar) as campaign_id,
            event.stage as detail
        from {{ ref("int_lead_stage_event") }} as event
        inner join leads on event.lead_id = leads.lead_id
        union all
        select
            'handoff|' || handoff.lead_id || '|' || cast(handoff.handoff_number as varchar) as event_id,
            leads.person_id,
            handoff.lead_id,
            cast(null as varchar) as opportunity_id,
            handoff.handed_off_at as occurred_at,
            'handoff' as event_type,
            cast(null as varchar) as channel,
            cast(null as varchar) as campaign_id,
            handoff.owner_id as detail
        from {{ ref("int_handoff_event") }} as handoff
        inner join leads on handoff.lead_id = leads.lead_id
        union all
        select
            'activity|' || activity_key as event_id,
            person_id,
            lead_id,
            opportunity_id,
            case when activity_type = 'meeting' then coalesce(happened_at, acted_at) else acted_at end as occurred_at,
            'sales_' || activity_type as event_type,
            cast(null as varchar) as channel,
            cast(null as varchar) as campaign_id,
            coalesce(subject, outcome) as detail
        from activity
        union all
        select
            'opportunity|' || opportunity_id as event_id,
            person_id,
            lead_id,
            opportunity_id,
            created_at as occurred_at,
            'opportunity_created' as event_type,
            cast(null as varchar) as channel,
            campaign_id,
            name as detail
        from opportunity
        union all
        select
            'opportunity stage|' || event.opportunity_id || '|' || cast(event.entry_number as varchar) as event_id,
            opportunity.person_id,
            opportunity.lead_id,
            event.opportunity_id,
            event.entered_at as occurred_at,
            case
                when event.stage in ('won', 'lost') then 'opportunity_' || event.stage else 'opportunity_stage'
            end as event_type,
            cast(null as varchar) as channel,
            opportunity.campaign_id,
            event.stage as detail
        from {{ ref("int_opportunity_stage_event") }} as event
        inner join opportunity on event.opportunity_id = opportunity.opportunity_id
    )

select events.*
from events
cross join {{ ref("int_event_horizon") }} as horizon
where events.occurred_at <= horizon.happened_until

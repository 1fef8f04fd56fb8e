-- What a person would write once for one CRM under the shipped definitions: every lead's stage times by history and by
-- criteria, its handoffs with response, clock hours, SLA and decision. No dates of definitions, no business hours.
with
    stage_value(crm_value, stage) as (
        values
            ('Open', 'captured'), ('Marketing Qualified', 'mql'), ('Handed Off', 'handed_off'), ('Working', 'contacted'),
            ('Accepted', 'accepted'), ('Rejected', 'rejected'), ('Sales Qualified', 'sql')
    ),

    steps as (
        select record_id, changed_at, old_value, new_value, changed_by, sequence
        from intermediate.int_lead_change
        where field = 'status'
    ),

    first_step as (
        select record_id, old_value from steps
        qualify row_number() over (partition by record_id order by changed_at, sequence) = 1
    ),

    history as (
        select lead.lead_id, lead.created_at as changed_at, coalesce(first_step.old_value, lead.status) as status, '' as sequence
        from intermediate.int_lead as lead
        left join first_step on lead.lead_id = first_step.record_id
        union all
        select record_id, changed_at, new_value, sequence from steps
    ),

    entry as (
        select history.lead_id, stage_value.stage, history.changed_at as entered_at
        from history
        left join stage_value on history.status = stage_value.crm_value
        qualify
            stage_value.stage is distinct from lag(stage_value.stage) over (
                partition by history.lead_id order by history.changed_at, history.sequence
            )
    ),

    stage_event as (
        select *, lead(entered_at) over (partition by lead_id order by entered_at) as exited_at from entry
    ),

    first_entry as (
        select
            lead_id,
            min(case when stage = 'mql' then entered_at end) as crm_mql_at,
            min(case when stage = 'accepted' then entered_at end) as accepted_at,
            min(case when stage = 'rejected' then entered_at end) as rejected_at
        from stage_event
        group by lead_id
    ),

    answered as (
        select person_id, min(touched_at) as answered_at
        from intermediate.int_touch
        where touch_type in ('campaign_response', 'form_submission', 'event_attendance')
        group by person_id
    ),

    activity as (
        select activity.person_record_id as lead_id, activity.completed_at as acted_at
        from intermediate.int_activity_record as activity
        inner join intermediate.int_owner as owner on activity.owner_id = owner.owner_id and owner.is_sales
        where activity.is_completed and activity.type in ('call', 'meeting')
    ),

    conversation as (select lead_id, min(acted_at) as spoken_at from activity group by lead_id),

    handoff as (
        select
            lead_id,
            entered_at as handed_off_at,
            coalesce(lead(entered_at) over (partition by lead_id order by entered_at), timestamp '9999-12-31') as next_at
        from entry
        where stage = 'handed_off'
    ),

    answer as (
        select lead_id, acted_at as answered_at from activity
        union all
        select steps.record_id, steps.changed_at
        from steps
        inner join intermediate.int_owner as owner on steps.changed_by = owner.owner_id and owner.is_human
    ),

    response as (
        select handoff.lead_id, handoff.handed_off_at, min(answer.answered_at) as response_at
        from handoff
        inner join
            answer
            on handoff.lead_id = answer.lead_id
            and answer.answered_at > handoff.handed_off_at
            and answer.answered_at < handoff.next_at
        group by all
    ),

    decision as (
        select handoff.lead_id, handoff.handed_off_at, min(entry.entered_at) as decided_at
        from handoff
        inner join
            entry
            on handoff.lead_id = entry.lead_id
            and entry.stage in ('accepted', 'rejected', 'sql')
            and entry.entered_at > handoff.handed_off_at
            and entry.entered_at < handoff.next_at
        group by all
    )

select
    lead.lead_id,
    stage_event.stage,
    stage_event.entered_at,
    stage_event.exited_at,
    first_entry.crm_mql_at,
    case
        when
            lead.employee_count between 50 and 5000
            and lead.industry in ('Technology', 'Finance')
            and lead.country in ('Germany', 'United States')
        then greatest(lead.created_at, answered.answered_at)
    end as mql_at,
    case when lead.has_need and lead.has_budget and lead.has_timeline then conversation.spoken_at end as sql_at,
    first_entry.accepted_at,
    first_entry.rejected_at,
    response.response_at,
    date_diff('second', handoff.handed_off_at, response.response_at) / 3600.0 as response_hours,
    date_diff('second', handoff.handed_off_at, response.response_at) <= 24 * 3600 as is_within_sla,
    decision.decided_at
from stage_event
inner join intermediate.int_lead as lead on stage_event.lead_id = lead.lead_id
left join first_entry on lead.lead_id = first_entry.lead_id
left join answered on lead.person_id = answered.person_id
left join conversation on lead.lead_id = conversation.lead_id
left join handoff on stage_event.lead_id = handoff.lead_id and stage_event.entered_at = handoff.handed_off_at
left join response on handoff.lead_id = response.lead_id and handoff.handed_off_at = response.handed_off_at
left join decision on handoff.lead_id = decision.lead_id and handoff.handed_off_at = decision.handed_off_at

-- Grain: one row per lead and handoff (int_handoff_event), with what became of it: response and decision are those
-- after it and before the next one. Reaching sql, sales_ready or an opportunity without a recorded acceptance is one.
-- It does not ask the clock: whether the SLA was kept is in int_handoff.
with
    -- numbers stand for ids where rows are sorted or grouped: ids share long prefixes
    alias as (select record_id, survivor_id, lead_id, lead_number from {{ ref("int_lead_alias") }}),

    stage_event as (select * from {{ ref("int_lead_stage_event") }} where basis = 'crm'),

    owners as (select * from {{ ref("int_owner") }}),

    {{ merged_beginning() }},

    status_change as (
        select alias.lead_number, change.changed_at, change.changed_by
        from {{ ref("int_lead_change") }} as change
        inner join alias on change.record_id = alias.record_id
        left join {{ ref("int_lead_record") }} as record on change.record_id = record.record_id
        left join merged_beginning on change.record_id = merged_beginning.record_id
        where
            change.field = 'status'
            and change.old_value is distinct from change.new_value
            -- what a record was created with is no change: a person may have created a duplicate
            and not coalesce(
                {{ is_opening_value("change", "coalesce(record.created_at, merged_beginning.begun_at)") }}, false
            )
    ),

    -- what is dated after now has not happened
    numbered as (
        select alias.lead_number, handoff.*
        from {{ ref("int_handoff_event") }} as handoff
        inner join alias on handoff.lead_id = alias.record_id
        where handoff.handed_off_at <= {{ happened_until() }}
    ),

    responding as (
        select alias.lead_number, activity.acted_at as responded_at, activity.activity_type as response_type
        from {{ ref("int_lead_activity") }} as activity
        inner join alias on activity.lead_id = alias.record_id
        where
            activity.is_completed
            and activity.is_by_sales
            and activity.activity_type in ('call', 'email', 'meeting')
            and coalesce(activity.direction, 'outbound') = 'outbound'
        union all
        select status_change.lead_number, status_change.changed_at as responded_at, 'status_change' as response_type
        from status_change
        inner join owners on status_change.changed_by = owners.owner_id and owners.is_human
    ),

    response_moment as (
        select
            numbered.lead_number,
            numbered.handoff_number,
            responding.responded_at,
            -- two kinds in one second: the first by name
            min(responding.response_type) as response_type
        from numbered
        inner join
            responding
            on numbered.lead_number = responding.lead_number
            and responding.responded_at > numbered.handed_off_at
            and responding.responded_at < numbered.next_handed_off_at
        where responding.responded_at <= {{ happened_until() }}
        group by numbered.lead_number, numbered.handoff_number, responding.responded_at
    ),

    response as (
        select
            lead_number,
            handoff_number,
            min(responded_at) as response_at,
            min_by(response_type, responded_at) as response_type
        from response_moment
        group by lead_number, handoff_number
    ),

    outcome_moment as (
        select
            numbered.lead_id,
            numbered.handoff_number,
            outcome_event.stage,
            outcome_event.entered_at,
            outcome_event.entry_number,
            min(case when outcome_event.stage = 'accepted' then outcome_event.entered_at end) over (
                partition by numbered.lead_id, numbered.handoff_number
            ) as first_accepted_at,
            min(case when outcome_event.stage = 'rejected' then outcome_event.entered_at end) over (
                partition by numbered.lead_id, numbered.handoff_number
            ) as first_rejected_at
        from numbered
        inner join
            (
                select lead_id, stage, entered_at, entry_number
                from stage_event
                where stage in ('accepted', 'rejected', 'sql', 'sales_ready', 'opportunity')
                union all
                -- each deal of the lead: a second handoff may lead to a second one
                select lead_id, 'opportunity' as stage, reached_at as entered_at, 1000000 as entry_number
                from {{ ref("int_lead_opportunity") }}
            ) as outcome_event
            on numbered.lead_id = outcome_event.lead_id
            and outcome_event.entered_at > numbered.handed_off_at
            and outcome_event.entered_at < numbered.next_handed_off_at
        where outcome_event.entered_at <= {{ happened_until() }}
    ),

    outcome as (
        select
            lead_id,
            handoff_number,
            case stage when 'rejected' then 'rejected' else 'accepted' end as decision,
            entered_at as decided_at
        from outcome_moment
        -- a later stage stands in for an acceptance that nobody recorded before a rejection
        where stage in ('accepted', 'rejected') or first_accepted_at is null or first_rejected_at < first_accepted_at
        qualify row_number() over (partition by lead_id, handoff_number order by entered_at, entry_number) = 1
    ),

    timed as (
        select
            numbered.lead_id,
            numbered.handoff_number,
            numbered.handed_off_at,
            numbered.evidence,
            numbered.owner_id,
            response.response_at,
            response.response_type,
            outcome.decision,
            outcome.decided_at,
            cast(sla_hours.value as double) as sla_hours,
            lower(sla_clock.value) as sla_clock
        from numbered
        left join
            response
            on numbered.lead_number = response.lead_number
            and numbered.handoff_number = response.handoff_number
        left join outcome on numbered.lead_id = outcome.lead_id and numbered.handoff_number = outcome.handoff_number
        left join
            {{ ref("stg_definitions__setting") }} as sla_hours
            on sla_hours.setting = 'sla_hours'
            and sla_hours.effective_from <= numbered.handed_off_at
            and numbered.handed_off_at < sla_hours.effective_to
        left join
            {{ ref("stg_definitions__setting") }} as sla_clock
            on sla_clock.setting = 'sla_clock'
            and sla_clock.effective_from <= numbered.handed_off_at
            and numbered.handed_off_at < sla_clock.effective_to
    ),

    moments as (
        select handed_off_at as moment
        from timed
        union
        select response_at as moment
        from timed
        where response_at is not null
    ),

    business_clock as (
        select moments.moment, {{ business_seconds("moments.moment", "stretch") }} as business_seconds
        from (select moment, {{ to_reporting_date("moment") }} as date_day from moments) as moments
        inner join
            {{ ref("int_business_window") }} as stretch
            on moments.date_day = stretch.date_day
            and stretch.starts_at <= moments.moment
        group by moments.moment
    ),

    measured as (
        select
            timed.*,
            started.business_seconds as handed_off_business_seconds,
            {{ seconds_between("timed.handed_off_at", "timed.response_at") }} / 3600.0 as response_hours,
            (answered.business_seconds - started.business_seconds) / 3600.0 as response_business_hours
        from timed
        left join business_clock as started on timed.handed_off_at = started.moment
        left join business_clock as answered on timed.response_at = answered.moment
    ),

    -- a lead can be rejected, taken back and rejected again within one second: the first decides
    rejection as (
        select *
        from {{ ref("int_lead_rejection") }}
        qualify row_number() over (partition by lead_id, rejected_at order by rejection_number) = 1
    ),

    final as (
        select
            measured.lead_id,
            measured.handoff_number,
            measured.handed_off_at,
            measured.evidence,
            measured.owner_id,
            measured.sla_hours,
            measured.sla_clock,
            measured.response_at,
            measured.response_type,
            measured.response_hours,
            measured.response_business_hours,
            measured.handed_off_business_seconds,
            measured.decision,
            measured.decided_at,
            case measured.decision when 'rejected' then rejection.reason end as rejection_reason,
            case measured.decision when 'rejected' then rejection.reason_text end as rejection_reason_text,
            icp.is_icp_fit,
            icp.icp_reasons
        from measured
        left join rejection on measured.lead_id = rejection.lead_id and measured.decided_at = rejection.rejected_at
        left join
            {{ ref("int_lead_icp") }} as icp
            on measured.lead_id = icp.lead_id
            and icp.valid_from <= measured.handed_off_at
            and measured.handed_off_at < icp.valid_to
    )

select *
from final

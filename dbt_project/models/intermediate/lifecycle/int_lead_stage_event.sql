-- Grain: one row per lead, basis and entry into a stage. basis `crm`: each entry by the history of its records, each
-- of which begins with its initial status at its creation, laid side by side; those merged into it are among them.
-- basis `definition`: the first time the agreed criteria held. Going back and skipping are entries like any other; a
-- status that the stage map does not know ends a stage and is none.
with
    alias as (select * from {{ ref("int_lead_alias") }}),

    stage_value as (select * from {{ ref("int_stage_value") }} where object = 'lead'),

    -- what was merged away before it was ever delivered may have a history, but no beginning
    records as (
        select
            alias.record_id,
            alias.lead_number,
            alias.record_number,
            split_part(alias.record_id, ':', 1) as source_system,
            record.record_id is not null as is_delivered,
            alias.record_id <> alias.survivor_id as is_merged_away,
            record.status,
            record.created_at
        from alias
        left join {{ ref("int_lead_record") }} as record on alias.record_id = record.record_id
    ),

    shared_lead as (
        select lead_number, min(source_system) <> max(source_system) as is_of_systems
        from records
        group by lead_number
        having count(*) > 1
    ),

    changes as (
        select
            records.lead_number,
            records.record_number,
            records.source_system,
            records.is_delivered,
            records.is_merged_away,
            records.created_at,
            change.old_value,
            stage_value.stage,
            change.changed_at,
            lag(stage_value.stage) over (
                partition by records.record_number order by change.changed_at, change.sequence
            ) as stage_before,
            row_number() over (
                partition by records.record_number order by change.changed_at, change.sequence
            ) as change_number
        from {{ ref("int_lead_change") }} as change
        inner join records on change.record_id = records.record_id
        left join
            stage_value
            on records.source_system = stage_value.source_system
            and change.new_value = stage_value.crm_value
        where change.field = 'status'
    ),

    first_change as (
        select
            changes.lead_number,
            changes.record_number,
            changes.is_delivered,
            changes.is_merged_away,
            changes.created_at,
            changes.changed_at,
            changes.stage,
            nullif(trim(changes.old_value), '') is null as is_beginning,
            stage_value.stage as initial_stage
        from changes
        left join
            stage_value
            on changes.source_system = stage_value.source_system
            and changes.old_value = stage_value.crm_value
        where changes.change_number = 1
    ),

    beginning as (
        select
            lead_number,
            record_number,
            is_merged_away,
            initial_stage as stage,
            -- a creation after the first change is the CRM's mistake
            case when changed_at < created_at then changed_at else created_at end as entered_at
        from first_change
        where is_delivered
        union all
        select
            records.lead_number,
            records.record_number,
            records.is_merged_away,
            stage_value.stage,
            records.created_at as entered_at
        from records
        left join first_change on records.record_number = first_change.record_number
        left join
            stage_value on records.source_system = stage_value.source_system and records.status = stage_value.crm_value
        where first_change.record_number is null
    ),

    -- a duplicate that was merged away is not captured once more
    record_entry as (
        select lead_number, record_number, stage, entered_at, 0 as change_number, true as is_beginning
        from beginning
        where stage is not null and not (is_merged_away and stage = 'captured')
        union all
        -- a history without old values begins with the first value
        select lead_number, record_number, stage, changed_at as entered_at, 1 as change_number, is_beginning
        from first_change
        where stage is distinct from initial_stage and not (is_merged_away and is_beginning and stage = 'captured')
        union all
        select lead_number, record_number, stage, changed_at as entered_at, change_number, false as is_beginning
        from changes
        where change_number > 1 and stage is distinct from stage_before
    ),

    stated as (
        select
            alias.lead_number,
            alias.record_number,
            'mql' as stage,
            leads.mql_at as entered_at,
            0 as change_number,
            false as is_beginning
        from {{ ref("int_lead") }} as leads
        inner join alias on leads.lead_id = alias.record_id
        left join
            (select distinct lead_number from record_entry where stage = 'mql') as recorded
            on alias.lead_number = recorded.lead_number
        where leads.mql_at is not null and recorded.lead_number is null
        union all
        select
            alias.lead_number,
            alias.record_number,
            'opportunity' as stage,
            link.reached_at as entered_at,
            1000000 as change_number,
            false as is_beginning
        from {{ ref("int_lead_opportunity") }} as link
        inner join alias on link.lead_id = alias.record_id
        left join
            (select distinct lead_number from record_entry where stage = 'opportunity') as recorded
            on alias.lead_number = recorded.lead_number
        where recorded.lead_number is null and link.opportunity_number = 1
    ),

    entries as (
        select *, false as is_stated
        from record_entry
        union all
        select *, true as is_stated
        from stated
    ),

    shared_entry as (
        select
            entries.*,
            shared_lead.is_of_systems,
            row_number() over (
                partition by entries.lead_number
                order by entries.entered_at, entries.change_number, entries.record_number
            ) as place
        from entries
        inner join shared_lead on entries.lead_number = shared_lead.lead_number
    ),

    -- only leads of several records can enter the stage they are already in; one of several systems is captured once:
    -- another system's record of it that begins there is no way back
    distinct_entry as (
        select
            entries.lead_number,
            entries.record_number,
            entries.stage,
            entries.entered_at,
            entries.change_number,
            entries.is_stated
        from entries
        left join shared_lead on entries.lead_number = shared_lead.lead_number
        where shared_lead.lead_number is null
        union all
        select lead_number, record_number, stage, entered_at, change_number, is_stated
        from
            (
                -- a date on the record is no way out of the stage that the histories tell
                select *, lag(stage) over (partition by lead_number, is_stated order by place) as stage_before
                from shared_entry
                where not (is_of_systems and is_beginning and stage = 'captured' and place > 1)
            ) as sequenced
        where stage is distinct from stage_before
    ),

    crm_entry as (
        select
            lead_number,
            stage,
            entered_at,
            -- nor does the MQL date on the record end a stage: an entry is a change of the history
            min(case when not (is_stated and stage = 'mql') then entered_at end) over (
                partition by lead_number
                order by entered_at, change_number, record_number
                rows between 1 following and unbounded following
            ) as exited_at,
            row_number() over (
                partition by lead_number order by entered_at, change_number, record_number
            ) as entry_number
        from distinct_entry
    ),

    all_entries as (
        select
            lead_record.lead_id,
            crm_entry.stage,
            crm_entry.entered_at,
            crm_entry.exited_at,
            'crm' as basis,
            crm_entry.entry_number
        from crm_entry
        inner join
            alias as lead_record
            on crm_entry.lead_number = lead_record.lead_number
            and lead_record.record_id = lead_record.lead_id
        where crm_entry.stage is not null
        union all
        select
            lead_id,
            stage,
            reached_at as entered_at,
            cast(null as timestamp) as exited_at,
            'definition' as basis,
            row_number() over (partition by lead_id order by reached_at, stage) as entry_number
        from {{ ref("int_lead_criteria") }}
    ),

    final as (
        select
            all_entries.lead_id,
            all_entries.stage,
            all_entries.entered_at,
            all_entries.exited_at,
            all_entries.basis,
            versions.version as definition_version,
            all_entries.entry_number
        from all_entries
        left join
            {{ ref("stg_definitions__versions") }} as versions
            on versions.effective_from <= all_entries.entered_at
            and all_entries.entered_at < versions.effective_to
    )

select *
from final

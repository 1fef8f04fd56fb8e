-- Grain: one row per lead, basis and entry into a stage. basis `crm`: each entry by the history of its records, which
-- begins with the initial status at creation. basis `definition`: the first time the agreed criteria held.
-- Going back and skipping are entries like any other; a status that the stage map does not know ends a stage and is
-- none.
with
    leads as (select * from {{ ref("int_lead") }}),

    stage_value as (select * from {{ ref("int_stage_value") }} where object = 'lead'),

    records as (
        select
            alias.lead_id,
            record.record_id,
            record.source_system,
            record.status,
            record.created_at,
            alias.survivor_id = record.record_id
            and row_number() over (
                partition by alias.lead_id
                order by
                    case when alias.survivor_id = record.record_id then 0 else 1 end,
                    record.created_at,
                    record.record_id
            )
            = 1 as is_earliest
        from {{ ref("int_lead_record") }} as record
        inner join {{ ref("int_lead_alias") }} as alias on record.record_id = alias.record_id
    ),

    changes as (
        select
            record_id,
            old_value,
            new_value,
            changed_at,
            row_number() over (partition by record_id order by changed_at, sequence) as change_number
        from {{ ref("int_lead_change") }}
        where field = 'status'
    ),

    rows_of_record as (
        select
            records.lead_id,
            records.record_id,
            records.source_system,
            records.created_at as entered_at,
            case when changes.record_id is null then records.status else changes.old_value end as status,
            0 as change_number,
            records.is_earliest
        from records
        left join changes on records.record_id = changes.record_id and changes.change_number = 1
        union all
        select
            records.lead_id,
            records.record_id,
            records.source_system,
            changes.changed_at as entered_at,
            changes.new_value as status,
            changes.change_number,
            records.is_earliest
        from changes
        inner join records on changes.record_id = records.record_id
    ),

    staged as (
        select
            rows_of_record.*,
            stage_value.stage,
            lag(stage_value.stage) over (
                partition by rows_of_record.record_id order by rows_of_record.change_number
            ) as stage_before
        from rows_of_record
        left join
            stage_value
            on rows_of_record.source_system = stage_value.source_system
            and rows_of_record.status = stage_value.crm_value
    ),

    record_entry as (
        select lead_id, record_id, stage, entered_at, change_number
        from staged
        where
            stage is distinct from stage_before
            -- a lead is captured once: a second record of it that begins there is no way back
            and not (change_number = 0 and stage = 'captured' and not is_earliest)
    ),

    stated as (
        select leads.lead_id, leads.lead_id as record_id, 'mql' as stage, leads.mql_at as entered_at, 0 as change_number
        from leads
        left join
            (select distinct lead_id from record_entry where stage = 'mql') as recorded
            on leads.lead_id = recorded.lead_id
        where leads.mql_at is not null and recorded.lead_id is null
        union all
        select
            link.lead_id,
            link.lead_id as record_id,
            'opportunity' as stage,
            link.opportunity_at as entered_at,
            1000000 as change_number
        from {{ ref("int_lead_opportunity") }} as link
        left join
            (select distinct lead_id from record_entry where stage = 'opportunity') as recorded
            on link.lead_id = recorded.lead_id
        where recorded.lead_id is null and link.opportunity_number = 1
    ),

    sequenced as (
        select
            *,
            lag(stage) over (partition by lead_id order by entered_at, change_number, record_id) as stage_before,
            row_number() over (partition by lead_id order by entered_at, change_number, record_id) as entry_number
        from
            (
                select *
                from record_entry
                union all
                select *
                from stated
            ) as entries
    ),

    crm_entry as (
        select
            lead_id,
            stage,
            entered_at,
            lead(entered_at) over (partition by lead_id order by entry_number) as exited_at,
            entry_number
        from sequenced
        where stage is distinct from stage_before
    ),

    all_entries as (
        select lead_id, stage, entered_at, exited_at, 'crm' as basis, entry_number
        from crm_entry
        where stage is not null
        union all
        select
            lead_id,
            stage,
            reached_at as entered_at,
            cast(null as timestamp) as exited_at,
            'definition' as basis,
            0 as entry_number
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
            all_entries.entry_number,
            row_number() over (
                partition by all_entries.lead_id, all_entries.basis, all_entries.stage
                order by all_entries.entered_at, all_entries.entry_number
            ) as stage_entry_number
        from all_entries
        left join
            {{ ref("stg_definitions__versions") }} as versions
            on versions.effective_from <= all_entries.entered_at
            and all_entries.entered_at < versions.effective_to
    )

select *
from final

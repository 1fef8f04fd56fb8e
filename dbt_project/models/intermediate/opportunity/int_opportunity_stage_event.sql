-- Grain: one row per opportunity and entry into a stage: a history row whose stage differs from the row before. Amount
-- changes and two CRM values of one stage are no entries. Without history: the current stage, at the close or creation.
-- Stages are those of the deal's first system; creation and close day as in int_opportunity.
with
    stage_value as (select * from {{ ref("int_stage_value") }} where object = 'opportunity'),

    -- of all the systems that know the deal
    told as (
        select opportunity_id, min(created_at) as created_at, min_by(close_date, place) as close_date
        from
            (
                select
                    alias.opportunity_id,
                    record.created_at,
                    record.close_date,
                    case
                        when record.close_date is not null
                        then
                            row_number() over (
                                partition by alias.opportunity_id
                                order by
                                    case when record.record_id = alias.opportunity_id then 0 else 1 end,
                                    {{ system_rank("record.source_system") }},
                                    record.source_system,
                                    record.record_id
                            )
                    end as place
                from {{ ref("int_opportunity_record") }} as record
                inner join {{ ref("int_opportunity_alias") }} as alias on record.record_id = alias.record_id
                where not alias.is_merged_away
            ) as placed
        group by opportunity_id
    ),

    opportunities as (
        select
            record.record_id,
            record.amount,
            told.created_at,
            case
                when coalesce(stage_value.stage, 'open') in ('won', 'lost') and told.close_date is not null
                then {{ from_reporting_day_end("told.close_date") }}
                when coalesce(stage_value.stage, 'open') in ('won', 'lost')
                then coalesce(record.updated_at, told.created_at)
            end as stated_close_at,
            coalesce(stage_value.stage, 'open') as stage
        from {{ ref("int_opportunity_record") }} as record
        inner join told on record.record_id = told.opportunity_id
        left join
            stage_value on record.source_system = stage_value.source_system and record.stage = stage_value.crm_value
    ),

    history as (
        select
            change.record_id,
            coalesce(stage_value.stage, 'open') as stage,
            change.changed_at,
            change.amount,
            row_number() over (partition by change.record_id order by change.changed_at, change.sequence) as row_number,
            lag(coalesce(stage_value.stage, 'open')) over (
                partition by change.record_id order by change.changed_at, change.sequence
            ) as stage_before
        from {{ ref("int_opportunity_stage_change") }} as change
        inner join opportunities on change.record_id = opportunities.record_id
        left join
            stage_value on change.source_system = stage_value.source_system and change.stage = stage_value.crm_value
        where change.stage is not null
    ),

    entries as (
        select record_id, stage, changed_at as entered_at, amount, row_number as entry_number, true as is_recorded
        from history
        where stage is distinct from stage_before
        union all
        -- what the history does not tell, the record does: the stage of one without, the close of one that lacks it
        select
            opportunities.record_id,
            opportunities.stage,
            coalesce(opportunities.stated_close_at, opportunities.created_at) as entered_at,
            opportunities.amount,
            1000000 as entry_number,
            false as is_recorded
        from opportunities
        left join (select distinct record_id from history) as known on opportunities.record_id = known.record_id
        left join
            (select distinct record_id, stage from history) as reached
            on opportunities.record_id = reached.record_id
            and opportunities.stage = reached.stage
        where known.record_id is null or (opportunities.stage in ('won', 'lost') and reached.record_id is null)
    ),

    final as (
        select
            record_id as opportunity_id,
            stage,
            entered_at,
            lead(entered_at) over (partition by record_id order by entered_at, entry_number) as exited_at,
            amount,
            row_number() over (partition by record_id order by entered_at, entry_number) as entry_number,
            is_recorded,
            lead(is_recorded) over (partition by record_id order by entered_at, entry_number) as is_exit_recorded
        from entries
    )

select *
from final

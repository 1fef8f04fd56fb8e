-- Grain: one row per (object, source_system, crm_value) that occurs in the records, with the stage it means. The
-- source's own rows of stage_map decide alone; a source that the map does not name speaks the map's common language:
-- the name of a stage itself, else what the value means wherever the map knows it.
with
    occurring as (
        select 'lead' as object, source_system, status as crm_value
        from {{ ref("int_lead_record") }}
        union
        select 'lead' as object, source_system, old_value as crm_value
        from {{ ref("int_lead_change") }}
        where field = 'status'
        union
        select 'lead' as object, source_system, new_value as crm_value
        from {{ ref("int_lead_change") }}
        where field = 'status'
        union
        select 'opportunity' as object, source_system, stage as crm_value
        from {{ ref("int_opportunity_record") }}
        union
        select 'opportunity' as object, split_part(record_id, ':', 1) as source_system, stage as crm_value
        from {{ ref("int_opportunity_stage_change") }}
        union
        select 'opportunity_type' as object, source_system, opportunity_type as crm_value
        from {{ ref("int_opportunity_record") }}
    ),

    stage_name as (
        select *
        from
            (
                values
                    ('lead', 'captured'),
                    ('lead', 'mql'),
                    ('lead', 'handed_off'),
                    ('lead', 'contacted'),
                    ('lead', 'accepted'),
                    ('lead', 'sql'),
                    ('lead', 'sales_ready'),
                    ('lead', 'rejected'),
                    ('lead', 'recycled'),
                    ('lead', 'opportunity'),
                    ('opportunity', 'open'),
                    ('opportunity', 'qualified'),
                    ('opportunity', 'won'),
                    ('opportunity', 'lost'),
                    ('opportunity_type', 'new_business'),
                    ('opportunity_type', 'expansion'),
                    ('opportunity_type', 'renewal')
            ) as listed(object, stage)
    ),

    own as (
        select object, lower(source_system) as source_system, crm_value_key, min(stage) as stage
        from {{ ref("stg_definitions__stage_map") }}
        group by object, lower(source_system), crm_value_key
    ),

    anywhere as (
        select object, crm_value_key, min(stage) as stage
        from {{ ref("stg_definitions__stage_map") }}
        group by object, crm_value_key
        having min(stage) = max(stage)
    ),

    mapped_source as (
        select distinct object, lower(source_system) as source_system from {{ ref("stg_definitions__stage_map") }}
    ),

    keyed as (
        select
            object,
            source_system,
            crm_value,
            lower(trim(crm_value)) as value_key,
            replace(replace(lower(trim(crm_value)), ' ', '_'), '-', '_') as name_key
        from occurring
        where crm_value is not null
    ),

    final as (
        select
            keyed.object,
            keyed.source_system,
            keyed.crm_value,
            coalesce(
                own.stage,
                case
                    when mapped_source.source_system is not null
                    then null
                    when stage_name.stage is not null
                    then stage_name.stage
                    when keyed.object = 'opportunity' and keyed.name_key in ('closed_won', 'closedwon')
                    then 'won'
                    when keyed.object = 'opportunity' and keyed.name_key in ('closed_lost', 'closedlost')
                    then 'lost'
                    else anywhere.stage
                end
            ) as stage
        from keyed
        left join
            own
            on keyed.object = own.object
            and keyed.source_system = own.source_system
            and keyed.value_key = own.crm_value_key
        left join stage_name on keyed.object = stage_name.object and keyed.name_key = stage_name.stage
        left join
            mapped_source on keyed.object = mapped_source.object and keyed.source_system = mapped_source.source_system
        left join anywhere on keyed.object = anywhere.object and keyed.value_key = anywhere.crm_value_key
    )

select *
from final

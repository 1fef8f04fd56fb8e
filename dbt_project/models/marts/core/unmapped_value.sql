-- Grain: one row per (source_system, field, value) that the shared definitions do not know, with the records that carry
-- it. Such a value is kept and counted by its default (a deal is open, a type new business, a source not marketing, a
-- team on no side, a rejection without an agreed reason): a word mistyped in a mapping shows up here and nowhere else.
with
    stage_value as (select * from {{ ref("int_stage_value") }} where stage is null),

    carried as (
        select source_system, 'lead.status' as field, status as value, 'lead' as object
        from {{ ref("int_lead_record") }}
        where not coalesce(is_deleted, false)
        union all
        select source_system, 'opportunity.stage' as field, stage as value, 'opportunity' as object
        from {{ ref("int_opportunity_record") }}
        where not coalesce(is_deleted, false)
        union all
        select source_system, 'opportunity.opportunity_type' as field, opportunity_type as value, 'opportunity_type'
        from {{ ref("int_opportunity_record") }}
        where not coalesce(is_deleted, false)
    ),

    stages as (
        select carried.source_system, carried.field, carried.value
        from carried
        inner join
            stage_value
            on carried.object = stage_value.object
            and carried.source_system = stage_value.source_system
            and carried.value = stage_value.crm_value
    ),

    named_source as (
        select source_system, 'lead.lead_source' as field, lead_source_raw as value
        from {{ ref("int_lead") }}
        union all
        select source_system, 'opportunity.lead_source' as field, lead_source_raw as value
        from {{ ref("int_opportunity") }}
        where lead_id is null
    ),

    lead_sources as (
        select named_source.source_system, named_source.field, named_source.value
        from named_source
        left join
            {{ ref("stg_definitions__lead_sources") }} as known on lower(trim(named_source.value)) = known.crm_value_key
        where
            named_source.value is not null
            and known.crm_value_key is null
            and lower(trim(named_source.value)) not in (select value from {{ ref("stg_definitions__fillers") }})
    ),

    teams as (
        select owners.source_system, 'owner.team' as field, owners.team as value
        from {{ ref("int_owner_record") }} as owners
        left join {{ ref("stg_definitions__teams") }} as known on lower(trim(owners.team)) = lower(trim(known.team))
        where nullif(trim(owners.team), '') is not null and known.team is null
    ),

    rejection_reasons as (
        select leads.source_system, 'lead.rejection_reason' as field, rejections.reason_text as value
        from {{ ref("int_lead_rejection") }} as rejections
        inner join {{ ref("int_lead") }} as leads on rejections.lead_id = leads.lead_id
        where rejections.reason = 'unmapped'
    ),

    listed as (
        select *
        from stages
        union all
        select *
        from lead_sources
        union all
        select *
        from teams
        union all
        select *
        from rejection_reasons
    ),

    final as (
        select source_system, field, value, cast(count(*) as bigint) as records
        from listed
        where nullif(trim(value), '') is not null
        group by source_system, field, value
    )

select *
from final

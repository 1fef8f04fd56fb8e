-- Grain: one row per opportunity record that was not deleted: record_id -> opportunity_id. Deals of different systems
-- are one by sync id only; the first system of system_priority gives the id. A record that was merged away leads to its
-- survivor: the roles and leads that still name it are the survivor's, its values and stages count no more.
with
    survivors as (select * from {{ ref("int_record_survivor") }} where object = 'opportunity'),

    opportunities as (
        select
            record.record_id,
            record.source_system,
            record.created_at,
            {{ system_rank("record.source_system") }} as system_rank
        from {{ ref("int_opportunity_record") }} as record
        inner join survivors on record.record_id = survivors.record_id and survivors.state = 'survivor'
    ),

    synced as (
        select
            survivors.survivor_id as record_id,
            other.survivor_id as other_id,
            case when record.record_id = survivors.survivor_id then 1 else 2 end as strength
        from {{ ref("int_opportunity_record") }} as record
        inner join survivors on record.record_id = survivors.record_id and survivors.state in ('survivor', 'merged')
        inner join
            survivors as other
            on record.synced_opportunity_id = other.record_id
            and other.state in ('survivor', 'merged')
    ),

    pairs as (
        select record_id, other_id, strength
        from synced
        union all
        select other_id as record_id, record_id as other_id, strength
        from synced
    ),

    {{ elders("opportunities") }},

    surviving as (
        select opportunities.record_id, coalesce(elder.parent_id, opportunities.record_id) as opportunity_id
        from opportunities
        left join elder on opportunities.record_id = elder.record_id
    ),

    final as (
        select record_id, opportunity_id, false as is_merged_away
        from surviving
        union all
        select survivors.record_id, surviving.opportunity_id, true as is_merged_away
        from survivors
        inner join surviving on survivors.survivor_id = surviving.record_id
        where survivors.state = 'merged'
    )

select *
from final

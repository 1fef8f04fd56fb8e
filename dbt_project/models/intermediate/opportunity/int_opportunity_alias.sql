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
            record.synced_opportunity_id,
            {{ system_rank("record.source_system") }} as system_rank
        from {{ ref("int_opportunity_record") }} as record
        inner join survivors on record.record_id = survivors.record_id and survivors.state = 'survivor'
    ),

    pairs as (
        select record_id, synced_opportunity_id as other_id, 1 as strength
        from opportunities
        where synced_opportunity_id is not null
        union
        select synced_opportunity_id as record_id, record_id as other_id, 1 as strength
        from opportunities
        where synced_opportunity_id is not null
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

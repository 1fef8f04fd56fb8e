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
        select record_id, synced_opportunity_id as other_id
        from opportunities
        where synced_opportunity_id is not null
        union
        select synced_opportunity_id as record_id, record_id as other_id
        from opportunities
        where synced_opportunity_id is not null
    ),

    parent as (
        select pairs.record_id, pairs.other_id as parent_id
        from pairs
        inner join opportunities as child on pairs.record_id = child.record_id
        inner join opportunities as elder on pairs.other_id = elder.record_id
        where
            elder.system_rank < child.system_rank
            or (elder.system_rank = child.system_rank and elder.source_system < child.source_system)
        qualify
            row_number() over (
                partition by pairs.record_id
                order by elder.system_rank, elder.source_system, elder.created_at nulls last, elder.record_id
            )
            = 1
    ),

    surviving as (
        select
            opportunities.record_id,
            coalesce(grandparent.parent_id, parent.parent_id, opportunities.record_id) as opportunity_id
        from opportunities
        left join parent on opportunities.record_id = parent.record_id
        left join parent as grandparent on parent.parent_id = grandparent.record_id
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

-- Grain: one row per lead, contact, account and opportunity record (object, record_id), with the record its merge
-- chain ends in; also per record that only a merge names, and per contact that only a conversion does. Chains are
-- followed by pointer doubling (1,024 links). A chain that ends in a deleted record removes all of it, one that ends in
-- an unknown record leaves the last known one, and a cycle holds leads and leaves other records alone.
with
    records as (
        select 'lead' as object, record_id, coalesce(is_deleted, false) as is_deleted
        from {{ ref("int_lead_record") }}
        union all
        select 'contact' as object, record_id, coalesce(is_deleted, false) as is_deleted
        from {{ ref("int_contact_record") }}
        union all
        select 'account' as object, record_id, coalesce(is_deleted, false) as is_deleted
        from {{ ref("int_account_record") }}
        union all
        select 'opportunity' as object, record_id, coalesce(is_deleted, false) as is_deleted
        from {{ ref("int_opportunity_record") }}
    ),

    merges as (
        select object, loser_id, min(survivor_id) as survivor_id
        from {{ ref("int_lead_merge") }}
        where loser_id <> survivor_id
        group by object, loser_id
    ),

    link_0 as (
        select merges.object, merges.loser_id, merges.survivor_id as target_id, records.record_id as last_known_id
        from merges
        left join records on merges.object = records.object and merges.survivor_id = records.record_id
    ),

    {% for i in range(10) %}
        link_{{ i + 1 }} as (
            select
                near.object,
                near.loser_id,
                coalesce(far.target_id, near.target_id) as target_id,
                coalesce(far.last_known_id, near.last_known_id) as last_known_id
            from link_{{ i }} as near
            left join link_{{ i }} as far on near.object = far.object and near.target_id = far.loser_id
        ),
    {% endfor %}

    chain as (
        select
            link_10.object,
            link_10.loser_id,
            coalesce(link_10.last_known_id, link_10.loser_id) as end_id,
            merges.loser_id is not null as is_cycle
        from link_10
        left join merges on link_10.object = merges.object and link_10.target_id = merges.loser_id
    ),

    chain_end as (
        select
            chain.object,
            chain.loser_id,
            chain.end_id,
            chain.is_cycle,
            -- a merged-away record counts as deleted in its CRM: only an end that merges no further says so of the
            -- chain
            coalesce(records.is_deleted, false) and merges.loser_id is null as is_end_deleted
        from chain
        left join records on chain.object = records.object and chain.end_id = records.record_id
        left join merges on chain.object = merges.object and chain.end_id = merges.loser_id
    ),

    delivered as (
        select
            records.object,
            records.record_id,
            case
                when chain_end.is_cycle and records.object = 'lead'
                then 'cycle'
                -- Salesforce marks what was merged away as deleted, HubSpot's deals are deleted apart from it
                when chain_end.is_cycle and not (records.object = 'opportunity' and records.is_deleted)
                then 'survivor'
                when coalesce(chain_end.is_end_deleted, records.is_deleted)
                then 'deleted'
                when coalesce(chain_end.end_id, records.record_id) = records.record_id
                then 'survivor'
                else 'merged'
            end as state,
            case
                when chain_end.is_cycle then records.record_id else coalesce(chain_end.end_id, records.record_id)
            end as survivor_id
        from records
        left join chain_end on records.object = chain_end.object and records.record_id = chain_end.loser_id
    ),

    converted as (
        select distinct leads.converted_contact_id as record_id
        from {{ ref("int_lead_record") }} as leads
        inner join delivered on delivered.object = 'lead' and leads.record_id = delivered.record_id
        where leads.converted_contact_id is not null and delivered.state <> 'deleted'
    ),

    final as (
        select object, record_id, state, survivor_id
        from delivered
        union all
        -- HubSpot and Marketo no longer deliver what was merged away, but touches and links still name it
        select chain_end.object, chain_end.loser_id as record_id, 'merged' as state, chain_end.end_id as survivor_id
        from chain_end
        left join records on chain_end.object = records.object and chain_end.loser_id = records.record_id
        where
            records.record_id is null
            and chain_end.end_id <> chain_end.loser_id
            and not chain_end.is_cycle
            and not chain_end.is_end_deleted
        union all
        -- what its CRM has moved from the lead to the contact names it, delivered or not
        select 'contact' as object, converted.record_id, 'survivor' as state, converted.record_id as survivor_id
        from converted
        left join records on records.object = 'contact' and converted.record_id = records.record_id
        left join chain_end on chain_end.object = 'contact' and converted.record_id = chain_end.loser_id
        where records.record_id is null and chain_end.loser_id is null
    )

select *
from final

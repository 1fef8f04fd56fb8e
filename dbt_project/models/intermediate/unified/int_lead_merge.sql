-- Grain: one row per merge of two records. Chains are followed where identities are built; a loser may name several
-- survivors only where a source contradicts itself.
with
    salesforce_style as (
        select record_id as loser_id, merged_into_id as survivor_id, 'lead' as object
        from {{ ref("int_lead_record") }}
        where merged_into_id is not null
        union all
        select record_id as loser_id, merged_into_id as survivor_id, 'contact' as object
        from {{ ref("int_contact_record") }}
        where merged_into_id is not null
        union all
        select record_id as loser_id, merged_into_id as survivor_id, 'account' as object
        from {{ ref("int_account_record") }}
        where merged_into_id is not null
        union all
        select record_id as loser_id, merged_into_id as survivor_id, 'opportunity' as object
        from {{ ref("int_opportunity_record") }}
        where merged_into_id is not null
    ),

    listed as (
        select source_system, {{ each_id("merged_ids") }} as native_id, record_id as survivor_id, 'lead' as object
        from {{ ref("int_lead_record") }}
        where merged_ids is not null
        union all
        select source_system, {{ each_id("merged_ids") }} as native_id, record_id as survivor_id, 'account' as object
        from {{ ref("int_account_record") }}
        where merged_ids is not null
        union all
        select
            source_system, {{ each_id("merged_ids") }} as native_id, record_id as survivor_id, 'opportunity' as object
        from {{ ref("int_opportunity_record") }}
        where merged_ids is not null
    ),

    listed_losers as (select source_system || ':' || native_id as loser_id, survivor_id, object from listed),

    final as (
        select *
        from salesforce_style
        union
        select *
        from listed_losers
        union
        select loser_id, survivor_id, object
        from {{ ref("stg_hubspot__merge") }}
        union
        select loser_id, survivor_id, object
        from {{ ref("stg_marketo__merge") }}
    )

select loser_id, survivor_id, object
from final
where loser_id != survivor_id

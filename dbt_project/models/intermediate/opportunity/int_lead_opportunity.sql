-- Grain: one row per lead and opportunity it was converted into. A lead has one; where a CRM links several (HubSpot),
-- opportunity_number 1 is the earliest created. Several leads may share an opportunity.
with
    links as (
        select distinct lead_alias.lead_id, opportunity_alias.opportunity_id
        from {{ ref("int_lead_conversion") }} as conversion
        inner join {{ ref("int_lead_alias") }} as lead_alias on conversion.lead_record_id = lead_alias.record_id
        inner join
            {{ ref("int_opportunity_alias") }} as opportunity_alias
            on conversion.opportunity_record_id = opportunity_alias.record_id
    ),

    created as (
        select alias.opportunity_id, min(record.created_at) as created_at
        from {{ ref("int_opportunity_record") }} as record
        inner join {{ ref("int_opportunity_alias") }} as alias on record.record_id = alias.record_id
        where not alias.is_merged_away
        group by alias.opportunity_id
    ),

    final as (
        select
            links.lead_id,
            links.opportunity_id,
            created.created_at as opportunity_at,
            row_number() over (
                partition by links.lead_id order by created.created_at, links.opportunity_id
            ) as opportunity_number
        from links
        inner join created on links.opportunity_id = created.opportunity_id
    )

select *
from final

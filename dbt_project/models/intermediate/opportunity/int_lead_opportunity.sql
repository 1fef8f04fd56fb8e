-- Grain: one row per lead and opportunity it was converted into. A lead has one; where a CRM links several (HubSpot),
-- opportunity_number 1 is the earliest created. Several leads may share an opportunity: one that joins a deal that
-- stood
-- before it, older than the lead or opened by another lead's conversion, reaches it when it is converted itself.
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

    dated as (
        select
            links.lead_id,
            links.opportunity_id,
            created.created_at as opportunity_at,
            leads.created_at as lead_created_at,
            leads.converted_at,
            min(leads.converted_at) over (partition by links.opportunity_id) as first_converted_at
        from links
        inner join created on links.opportunity_id = created.opportunity_id
        left join {{ ref("int_lead") }} as leads on links.lead_id = leads.lead_id
    ),

    final as (
        select
            lead_id,
            opportunity_id,
            opportunity_at,
            case
                when opportunity_at < lead_created_at or first_converted_at < converted_at
                then greatest(opportunity_at, lead_created_at, converted_at)
                else opportunity_at
            end as reached_at,
            row_number() over (partition by lead_id order by opportunity_at, opportunity_id) as opportunity_number
        from dated
    )

select *
from final

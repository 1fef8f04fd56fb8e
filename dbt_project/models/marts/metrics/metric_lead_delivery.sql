-- Grain: one row per lead record judged at the door: whether its first version was complete, and the slice it is
-- counted in. Deleted and merged-away records are not judged and not here.
with
    records as (select * from {{ ref("int_lead_record") }} where is_judged),

    leads as (
        select
            alias.record_id,
            known_lead.lead_source,
            case when touch.lead_id is null then known_lead.campaign_id else touch.campaign_id end as campaign_id
        from {{ ref("int_lead_alias") }} as alias
        inner join {{ ref("int_lead") }} as known_lead on alias.lead_id = known_lead.lead_id
        left join {{ ref("int_lead_touch") }} as touch on known_lead.lead_id = touch.lead_id
    ),

    -- of a held record; an admitted one's is its lead's
    first_source as (
        select record_id, old_value
        from
            (
                select
                    records.record_id,
                    nullif(trim(change.old_value), '') as old_value,
                    row_number() over (
                        partition by records.record_id order by change.changed_at, change.sequence
                    ) as change_number
                from records
                inner join
                    {{ ref("int_lead_change") }} as change
                    on records.record_id = change.record_id
                    and change.field = 'lead_source'
                where
                    not records.is_admitted
                    and not (
                        change.source_system = 'hubspot' and {{ is_opening_value("change", "records.created_at") }}
                    )
            ) as numbered
        where change_number = 1 and lower(old_value) not in (select value from {{ ref("stg_definitions__fillers") }})
    ),

    sourced as (
        select
            records.*,
            leads.record_id is not null as is_lead,
            leads.lead_source as source_of_lead,
            leads.campaign_id as campaign_of_lead,
            coalesce(first_source.old_value, nullif(trim(records.lead_source), '')) as source_of_record
        from records
        left join leads on records.record_id = leads.record_id
        left join first_source on records.record_id = first_source.record_id
    ),

    lead_sources as (select crm_value_key, lead_source from {{ ref("stg_definitions__lead_sources") }}),

    final as (
        select
            records.record_id,
            case
                when records.is_lead
                then records.source_of_lead
                else coalesce(lead_sources.lead_source, records.source_of_record)
            end as lead_source,
            case when records.is_lead then records.campaign_of_lead else records.campaign_id end as campaign_id,
            {{ to_reporting_date("coalesce(records.created_at, records.version_at)") }} as delivered_on,
            records.is_complete_at_first,
            coalesce(records.first_failed_rules, '') as first_failed_rules,
            records.is_admitted
        from sourced as records
        left join lead_sources on lower(records.source_of_record) = lead_sources.crm_value_key
    )

select *
from final

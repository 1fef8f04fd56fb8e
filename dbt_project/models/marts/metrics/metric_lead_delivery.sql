-- Grain: one row per lead record judged at the door: whether its first version was complete, and the slice it is
-- counted in.
-- Deleted and merged-away records are not judged and not here.
with
    records as (select * from {{ ref("int_lead_record") }} where is_judged),

    lead_sources as (select crm_value_key, lead_source from {{ ref("stg_definitions__lead_sources") }}),

    final as (
        select
            records.record_id,
            coalesce(lead_sources.lead_source, nullif(trim(records.lead_source), '')) as lead_source,
            records.campaign_id,
            {{ to_reporting_date("coalesce(records.created_at, records.version_at)") }} as delivered_on,
            records.is_complete_at_first,
            coalesce(records.first_failed_rules, '') as first_failed_rules,
            records.is_admitted
        from records
        left join lead_sources on lower(trim(records.lead_source)) = lead_sources.crm_value_key
    )

select *
from final

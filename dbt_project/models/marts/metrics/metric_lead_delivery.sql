-- Grain: one row per lead record judged at the door: whether its first version was complete, and the slice it is
-- counted in.
-- Deleted and merged-away records are not judged and not here.
with
    admissions as (select * from {{ source("quality", "lead_admission") }}),

    records as (select * from {{ ref("int_lead_record") }}),

    lead_sources as (select crm_value_key, lead_source from {{ ref("stg_definitions__lead_sources") }}),

    final as (
        select
            records.record_id,
            coalesce(lead_sources.lead_source, records.lead_source) as lead_source,
            records.campaign_id,
            {{ to_reporting_date("coalesce(records.created_at, records.version_at)") }} as delivered_on,
            admissions.is_complete_at_first,
            coalesce(admissions.first_failed_rules, '') as first_failed_rules,
            admissions.is_admitted
        from admissions
        inner join
            records on admissions.source_system = records.source_system and admissions.native_id = records.native_id
        left join lead_sources on lower(trim(records.lead_source)) = lead_sources.crm_value_key
        where not coalesce(admissions.is_gone, false)
    )

select *
from final

-- Grain: one row per delivered version of a deal. Its company and contact come from the associations, its stage by id
-- or label (int_hubspot_pipeline_stage); the close day is a day of the reporting time zone,
-- as written where it comes without a time.
with
    company_link as (
        select *
        from {{ ref("stg_hubspot__deal_company") }}
        qualify {{ newest_version("opportunity_record_id, account_record_id, type_id") }}
    ),

    -- the primary one, of those that ever were the newest
    company as (
        select opportunity_record_id, account_record_id
        from company_link
        where not is_deleted
        qualify
            row_number() over (
                partition by opportunity_record_id
                order by
                    is_primary desc,
                    case when is_primary then version_at end desc nulls last,
                    case when is_primary then delivery_rank end desc,
                    account_record_id
            )
            = 1
    ),

    contact_link as (select * from {{ ref("stg_hubspot__deal_contact") }} qualify {{ newest_version("role_id") }}),

    contact as (
        select opportunity_record_id, min(person_record_id) as person_record_id
        from contact_link
        where not is_deleted
        group by opportunity_record_id
    )

select
    'hubspot:' || raw.native_id as record_id,
    'hubspot' as source_system,
    raw.native_id,
    raw.name,
    coalesce('hubspot:' || raw.account_id, company.account_record_id) as account_id,
    coalesce('hubspot:' || raw.contact_id, contact.person_record_id) as contact_id,
    'hubspot:' || raw.lead_id as lead_id,
    'hubspot:' || raw.owner_id as owner_id,
    'hubspot:' || raw.campaign_id as campaign_id,
    raw.lead_source,
    coalesce(pipeline_stage.stage, raw.stage) as stage,
    raw.opportunity_type,
    raw.amount,
    raw.currency,
    case
        when {{ regex_full_match("raw.close_text", "'[0-9]{4}-[0-9]{2}-[0-9]{2}'") }}
        then cast(raw.close_text as date)
        else coalesce({{ to_reporting_date("raw.close_time") }}, raw.close_date)
    end as close_date,
    raw.loss_reason,
    raw.competitor,
    raw.created_at,
    raw.updated_at,
    {{ is_deleted() }} as is_deleted,
    raw.pipeline,
    'salesforce:' || {{ salesforce_id("raw.synced_opportunity_id") }} as synced_opportunity_id,
    raw.merged_ids,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("hubspot", "deal") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("hubspot", "deal"), is_mapped=false) }}
left join company on 'hubspot:' || raw.native_id = company.opportunity_record_id
left join contact on 'hubspot:' || raw.native_id = contact.opportunity_record_id
left join {{ ref("int_hubspot_pipeline_stage") }} as pipeline_stage on raw.stage = pipeline_stage.stage_id

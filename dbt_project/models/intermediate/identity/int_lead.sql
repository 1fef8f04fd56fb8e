-- Grain: one row per lead: surviving, admitted, and one for all the systems that know it. Values are those of the first
-- system of system_priority, a missing one is taken from the next; times are the earliest.
-- lead_source is the source at creation: the old value of the first change of it (first_lead_source), unless a filler,
-- else the record's own.
{% set plain_fields = (
    lead_value_fields() | reject("in", ["lead_source", "mql_at", "converted_at"]) | list + ["attributes"]
) %}
with
    alias as (select * from {{ ref("int_lead_alias") }}),

    record as (
        select
            alias.lead_id,
            source.*,
            case when source.record_id = alias.lead_id then 0 else 1 end as is_secondary,
            case
                when alias.lead_id = source.record_id then 0 else {{ system_rank("source.source_system") }}
            end as rank_0
        from {{ ref("int_lead_record") }} as source
        inner join alias on source.record_id = alias.record_id and source.record_id = alias.survivor_id
    ),

    fillers as (select value from {{ ref("stg_definitions__fillers") }}),

    -- the history of each system's record by itself
    source_change as (
        select alias.lead_id, change.source_system, change.old_value, change.changed_at, change.sequence
        from {{ ref("int_lead_change") }} as change
        inner join alias on change.record_id = alias.record_id
        inner join record on alias.survivor_id = record.record_id
        -- HubSpot's histories tell values, not changes: the first is none
        where
            change.field = 'lead_source'
            and not (change.source_system = 'hubspot' and {{ is_opening_value("change", "record.created_at") }})
    ),

    first_source as (
        select lead_id, source_system, nullif(trim(old_value), '') as old_value
        from source_change
        qualify row_number() over (partition by lead_id, source_system order by changed_at, sequence) = 1
    ),

    sourced as (
        select
            record.*,
            first_source.old_value as first_lead_source,
            case
                when
                    first_source.old_value is not null
                    and lower(first_source.old_value) not in (select value from fillers)
                then first_source.old_value
                when lower(trim(record.lead_source)) not in (select value from fillers)
                then nullif(trim(record.lead_source), '')
            end as real_lead_source
        from record
        left join
            first_source on record.lead_id = first_source.lead_id and record.source_system = first_source.source_system
    ),

    secondary as (
        select
            sourced.*, row_number() over (partition by lead_id order by rank_0, source_system, record_id) as record_rank
        from sourced
        where is_secondary = 1
    ),

    filling as (
        select
            lead_id,
            {% for field in plain_fields + ["lead_source", "real_lead_source"] %}
                min_by({{ field }}, case when {{ field }} is not null then record_rank end) as {{ field }},
            {% endfor %}
            min_by(source_system, case when status is not null then record_rank end) as status_system,
            min(created_at) as created_at,
            min(updated_at) as updated_at,
            min(mql_at) as mql_at,
            min(converted_at) as converted_at
        from secondary
        group by lead_id
    ),

    merged as (
        select
            record.lead_id,
            record.source_system,
            record.native_id,
            {% for field in plain_fields %}
                coalesce(record.{{ field }}, filling.{{ field }}) as {{ field }},
            {% endfor %}
            least(record.created_at, coalesce(filling.created_at, record.created_at)) as created_at,
            coalesce(record.updated_at, filling.updated_at) as updated_at,
            {{ earliest("record.mql_at", "filling.mql_at") }} as mql_at,
            {{ earliest("record.converted_at", "filling.converted_at") }} as converted_at,
            coalesce(
                record.real_lead_source,
                filling.real_lead_source,
                nullif(trim(record.lead_source), ''),
                nullif(trim(filling.lead_source), '')
            ) as lead_source_raw,
            record.first_lead_source,
            case when record.status is null then filling.status_system else record.source_system end as status_system
        from sourced as record
        left join filling on record.lead_id = filling.lead_id
        where record.is_secondary = 0
    ),

    located as (
        select *, {{ email_domain("email") }} as email_domain, {{ web_domain("website") }} as web_domain from merged
    ),

    contact as (
        select survivor.record_id, contact_record.account_id
        from {{ ref("int_contact_record") }} as contact_record
        inner join
            {{ ref("int_record_survivor") }} as survivor
            on survivor.object = 'contact'
            and survivor.state in ('survivor', 'merged')
            and contact_record.record_id = survivor.survivor_id
        where contact_record.account_id is not null
    ),

    -- of an account that several systems know, each record's
    account_domain as (
        select distinct account_alias.domain, account.account_id, account.created_at
        from {{ ref("int_account_alias") }} as account_alias
        inner join {{ ref("int_account") }} as account on account_alias.account_id = account.account_id
    ),

    account_of_domain as (
        select domain, min_by(account_id, account_rank) as account_id
        from
            (
                select
                    domain,
                    account_id,
                    row_number() over (partition by domain order by created_at nulls last, account_id) as account_rank
                from account_domain
                where domain is not null and not {{ is_free_domain("domain") }}
            ) as ranked
        group by domain
    ),

    deleted_campaign as (select record_id from {{ ref("int_campaign_record") }} where is_deleted),

    final as (
        select
            merged.lead_id,
            merged.source_system,
            merged.native_id,
            person.person_id,
            coalesce(
                converted_account.account_id,
                contact_account.account_id,
                email_account.account_id,
                web_account.account_id
            ) as account_id,
            merged.created_at,
            merged.updated_at,
            merged.mql_at,
            merged.converted_at,
            coalesce(lead_sources.lead_source, merged.lead_source_raw) as lead_source,
            merged.lead_source_raw,
            merged.first_lead_source,
            merged.status_system,
            case
                when merged.lead_source_raw is null or lower(merged.lead_source_raw) in (select value from fillers)
                then null
                else coalesce(lead_sources.is_marketing, false)
            end as is_marketing_lead_source,
            merged.email_domain,
            merged.web_domain,
            case when deleted_campaign.record_id is null then merged.campaign_id end as campaign_id,
            {% for field in plain_fields | reject("equalto", "campaign_id") %} merged.{{ field }}, {% endfor %}
        from located as merged
        left join deleted_campaign on merged.campaign_id = deleted_campaign.record_id
        left join
            {{ ref("int_person_record") }} as person on merged.lead_id = person.record_id and person.object = 'lead'
        left join
            {{ ref("stg_definitions__lead_sources") }} as lead_sources
            on lower(merged.lead_source_raw) = lead_sources.crm_value_key
        left join
            {{ ref("int_account_alias") }} as converted_account
            on merged.converted_account_id = converted_account.record_id
        left join contact on merged.converted_contact_id = contact.record_id
        left join {{ ref("int_account_alias") }} as contact_account on contact.account_id = contact_account.record_id
        left join account_of_domain as email_account on merged.email_domain = email_account.domain
        left join account_of_domain as web_account on merged.web_domain = web_account.domain
    )

select *
from final

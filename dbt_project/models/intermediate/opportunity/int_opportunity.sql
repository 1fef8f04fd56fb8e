-- Grain: one row per surviving opportunity, one for all the systems that a sync id links: values are those of the first
-- system of system_priority, a missing one is taken from the next. Amounts are in the reporting
-- currency at the latest rate at or before the close day (closed) or the day of creation (open), at most 7 days old;
-- a missing rate stops the night and names currency and day.
{% set filled_fields = [
    "name",
    "account_id",
    "contact_id",
    "owner_id",
    "campaign_id",
    "lead_source",
    "opportunity_type",
    "close_date",
    "loss_reason",
    "competitor",
    "attributes",
] %}
with
    record as (
        select alias.opportunity_id, source.*
        from {{ ref("int_opportunity_record") }} as source
        inner join {{ ref("int_opportunity_alias") }} as alias on source.record_id = alias.record_id
        where not alias.is_merged_away
    ),

    created as (select opportunity_id, min(created_at) as created_at from record group by opportunity_id),

    secondary as (
        select
            *,
            row_number() over (
                partition by opportunity_id order by {{ system_rank("source_system") }}, source_system, record_id
            ) as record_rank
        from record
        where record_id <> opportunity_id
    ),

    filling as (
        select
            opportunity_id,
            {% for field in filled_fields + ["amount"] %}
                min_by({{ field }}, case when {{ field }} is not null then record_rank end) as {{ field }},
            {% endfor %}
            min_by(
                source_system, case when opportunity_type is not null then record_rank end
            ) as opportunity_type_system,
            min_by(currency, case when amount is not null then record_rank end) as currency
        from secondary
        group by opportunity_id
    ),

    stage_value as (select * from {{ ref("int_stage_value") }}),

    reached as (select * from {{ ref("int_opportunity_milestone") }}),

    link as (
        select opportunity_id, min_by(lead_id, lead_rank) as lead_id
        from
            (
                select
                    link.opportunity_id,
                    link.lead_id,
                    row_number() over (
                        partition by link.opportunity_id order by leads.created_at, link.lead_id
                    ) as lead_rank
                from {{ ref("int_lead_opportunity") }} as link
                inner join {{ ref("int_lead") }} as leads on link.lead_id = leads.lead_id
            ) as ranked
        group by opportunity_id
    ),

    role_person as (
        select alias.opportunity_id, min(person.person_id) as person_id
        from {{ ref("int_opportunity_contact_role") }} as role
        inner join {{ ref("int_opportunity_alias") }} as alias on role.opportunity_record_id = alias.record_id
        inner join
            {{ ref("int_person_record") }} as person
            on role.person_record_id = person.record_id
            and person.is_contact_first
        group by alias.opportunity_id
    ),

    deleted_account as (
        select record_id from {{ ref("int_record_survivor") }} where object = 'account' and state = 'deleted'
    ),

    deleted_campaign as (select record_id from {{ ref("int_campaign_record") }} where is_deleted),

    fillers as (select value from {{ ref("stg_definitions__fillers") }}),

    staged as (
        select
            record.opportunity_id,
            record.source_system,
            coalesce(record.name, filling.name) as name,
            account.account_id,
            -- of an account that was not delivered its id is all there is
            case
                when account.account_id is null and deleted_account.record_id is null
                then coalesce(record.account_id, filling.account_id)
            end as unknown_account_id,
            link.lead_id,
            coalesce(leads.person_id, contact_record.person_id, role_person.person_id) as person_id,
            coalesce(record.owner_id, filling.owner_id) as owner_id,
            case
                when deleted_campaign.record_id is null then coalesce(record.campaign_id, filling.campaign_id)
            end as campaign_id,
            record.stage as crm_stage,
            coalesce(stage_of.stage, 'open') as stage,
            coalesce(type_of.stage, 'new_business') as opportunity_type,
            coalesce(record.opportunity_type, filling.opportunity_type) as opportunity_type_raw,
            coalesce(record.opportunity_type, filling.opportunity_type) is not null
            and type_of.stage is null as is_opportunity_type_unmapped,
            least(created.created_at, record.created_at) as created_at,
            coalesce(record.close_date, filling.close_date) as stated_close_date,
            cast(coalesce(record.amount, filling.amount) as decimal(28, 9)) as amount_stated,
            upper(
                coalesce(
                    nullif(
                        trim(
                            case
                                when record.amount is null and filling.amount is not null
                                then filling.currency
                                else record.currency
                            end
                        ),
                        ''
                    ),
                    {{ setting("reporting_currency") }}
                )
            ) as currency,
            coalesce(record.loss_reason, filling.loss_reason) as loss_reason,
            coalesce(record.competitor, filling.competitor) as competitor,
            coalesce(record.attributes, filling.attributes) as attributes,
            case
                when link.lead_id is null
                then nullif(trim(coalesce(record.lead_source, filling.lead_source)), '')
                else leads.lead_source_raw
            end as lead_source_raw,
            leads.lead_source as source_of_lead,
            leads.is_marketing_lead_source as is_marketing_source_of_lead
        from record
        inner join created on record.opportunity_id = created.opportunity_id
        left join filling on record.opportunity_id = filling.opportunity_id
        left join link on record.opportunity_id = link.opportunity_id
        left join {{ ref("int_lead") }} as leads on link.lead_id = leads.lead_id
        left join
            stage_value as stage_of
            on stage_of.object = 'opportunity'
            and record.source_system = stage_of.source_system
            and record.stage = stage_of.crm_value
        left join
            stage_value as type_of
            on type_of.object = 'opportunity_type'
            and case
                when record.opportunity_type is null then filling.opportunity_type_system else record.source_system
            end
            = type_of.source_system
            and coalesce(record.opportunity_type, filling.opportunity_type) = type_of.crm_value
        left join
            {{ ref("int_account_alias") }} as account
            on coalesce(record.account_id, filling.account_id) = account.record_id
        left join deleted_account on coalesce(record.account_id, filling.account_id) = deleted_account.record_id
        left join deleted_campaign on coalesce(record.campaign_id, filling.campaign_id) = deleted_campaign.record_id
        left join
            {{ ref("int_person_record") }} as contact_record
            on coalesce(record.contact_id, filling.contact_id) = contact_record.record_id
            and contact_record.is_contact_first
        left join role_person on record.opportunity_id = role_person.opportunity_id
        where record.record_id = record.opportunity_id
    ),

    timed as (
        select
            staged.*,
            staged.stage in ('won', 'lost') as is_closed,
            staged.stage = 'won' as is_won,
            case
                staged.stage when 'won' then reached.last_won_at when 'lost' then reached.last_lost_at
            end as closed_at,
            reached.first_qualified_at,
            coalesce(reached.closings, 0) as closings,
            {{ to_reporting_date("staged.created_at") }} as created_on
        from staged
        left join reached on staged.opportunity_id = reached.opportunity_id
    ),

    closed as (
        select
            timed.*,
            case
                when timed.is_closed then coalesce(timed.stated_close_date, {{ to_reporting_date("timed.closed_at") }})
            end as close_date
        from timed
    ),

    -- a deal without an amount may have had one at a stage: its rate is wanted, and missed by nobody else; one without
    -- any day takes the newest rate there is
    rate_needed as (
        select
            currency,
            coalesce(close_date, created_on) as rate_on,
            max(case when amount_stated is not null then 1 else 0 end) = 1 as is_indispensable
        from closed
        where currency <> {{ setting("reporting_currency") }}
        group by currency, coalesce(close_date, created_on)
    ),

    rate_found as (
        select
            rate_needed.currency,
            rate_needed.rate_on,
            rate_needed.is_indispensable,
            max_by(rates.rate, rates.rate_date) as rate
        from rate_needed
        left join
            {{ ref("stg_definitions__exchange_rates") }} as rates
            on rate_needed.currency = rates.currency
            and rates.rate_date <= coalesce(rate_needed.rate_on, date '9999-12-31')
            and rates.rate_date >= coalesce(rate_needed.rate_on - interval '7' day, date '0001-01-01')
        group by rate_needed.currency, rate_needed.rate_on, rate_needed.is_indispensable
    ),

    rated as (
        select
            currency,
            rate_on,
            case
                when rate is null and is_indispensable
                then
                    {{
                        stop_with(
                            "'No exchange rate for ' || currency || coalesce(' on ' || cast(rate_on as varchar)"
                            ~ " || ' (nor in the 7 days before)', '') || ': add a row to exchange_rates.csv.'"
                        )
                    }}
                else rate
            end as rate
        from rate_found
    ),

    final as (
        select
            closed.opportunity_id,
            closed.source_system,
            closed.name,
            closed.account_id,
            closed.lead_id,
            closed.person_id,
            closed.owner_id,
            closed.campaign_id,
            coalesce(closed.source_of_lead, lead_sources.lead_source, closed.lead_source_raw) as lead_source,
            closed.lead_source_raw,
            case
                when closed.lead_id is not null
                then closed.is_marketing_source_of_lead
                when closed.lead_source_raw is null or lower(closed.lead_source_raw) in (select value from fillers)
                then null
                else coalesce(lead_sources.is_marketing, false)
            end as is_marketing_lead_source,
            closed.crm_stage,
            closed.stage,
            closed.opportunity_type,
            closed.opportunity_type_raw,
            closed.is_opportunity_type_unmapped,
            closed.opportunity_type = 'new_business' as is_new_business,
            closed.created_at,
            case
                when closed.first_qualified_at is not null
                then closed.first_qualified_at
                when closed.is_won
                then closed.closed_at
                when closed.stage = 'qualified'
                then closed.created_at
            end as qualified_at,
            closed.closed_at,
            closed.close_date,
            closed.stated_close_date,
            closed.is_closed,
            closed.is_won,
            closed.first_qualified_at is not null or closed.stage in ('qualified', 'won') as is_qualified,
            closed.closings > 1 or (closed.closings > 0 and not closed.is_closed) as is_reopened,
            cast(round(closed.amount_stated, 2) as decimal(18, 2)) as amount_original,
            closed.currency,
            case when closed.currency = {{ setting("reporting_currency") }} then 1 else rated.rate end as exchange_rate,
            cast(
                case
                    when closed.currency = {{ setting("reporting_currency") }}
                    then round(closed.amount_stated, 2)
                    -- a product has the decimals of both, 38 digits at most: six of the amount leave it room
                    else round(cast(closed.amount_stated as decimal(38, 6)) * rated.rate, 2)
                end as decimal(18, 2)
            ) as amount,
            closed.loss_reason,
            closed.competitor,
            case
                when closed.is_closed then {{ dbt.datediff("closed.created_on", "closed.close_date", "day") }}
            end as cycle_days,
            closed.is_won
            and closed.opportunity_type = 'new_business'
            and row_number() over (
                partition by
                    -- one by one: a source may number accounts, people and deals alike
                    coalesce(closed.account_id, closed.unknown_account_id),
                    case when coalesce(closed.account_id, closed.unknown_account_id) is null then closed.person_id end,
                    case
                        when coalesce(closed.account_id, closed.unknown_account_id, closed.person_id) is null
                        then closed.opportunity_id
                    end,
                    closed.is_won and closed.opportunity_type = 'new_business'
                order by closed.closed_at, closed.opportunity_id
            )
            = 1 as is_customer_acquired,
            closed.attributes
        from closed
        left join
            rated
            on closed.currency = rated.currency
            and coalesce(closed.close_date, closed.created_on) is not distinct from rated.rate_on
        left join
            {{ ref("stg_definitions__lead_sources") }} as lead_sources
            on lower(closed.lead_source_raw) = lead_sources.crm_value_key
    )

select *
from final

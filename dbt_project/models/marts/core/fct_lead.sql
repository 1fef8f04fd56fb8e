-- Grain: one row per surviving, complete lead, one for all the systems that know it. handed_off_at, response and SLA
-- are those of its first handoff: fct_handoff has all. mql_at, sql_at and sales_ready_at are the agreed definition's,
-- or the CRM's where the definition takes its word; the other stage times are the CRM's first entries. opportunity_id
-- and won_amount repeat where several leads share an opportunity: sum fct_opportunity.amount instead.
with
    leads as (select * from {{ ref("int_lead") }}),

    crm as (
        select
            lead_id,
            {% for stage in ["contacted", "accepted", "rejected", "recycled"] %}
                min(case when stage = '{{ stage }}' then entered_at end) as {{ stage }}_at,
            {% endfor %}
            min(case when stage in ('sql', 'sales_ready', 'opportunity') then entered_at end) as advanced_at,
            max_by(stage, entry_number) as last_stage
        from {{ ref("int_lead_stage_event") }}
        where basis = 'crm' and entered_at <= {{ happened_until() }}
        group by lead_id
    ),

    agreed as (
        select
            lead_id,
            {% for stage in ["mql", "sql", "sales_ready"] %}
                min(case when stage = '{{ stage }}' then reached_at end) as {{ stage }}_at{{ "," if not loop.last }}
            {% endfor %}
        from {{ ref("int_lead_criteria") }}
        group by lead_id
    ),

    lead_system as (
        select distinct lead_id, split_part(record_id, ':', 1) as source_system from {{ ref("int_lead_alias") }}
    ),

    judged_entry as (
        select distinct event.lead_id, event.entry_number
        from {{ ref("int_lead_stage_event") }} as event
        inner join lead_system on event.lead_id = lead_system.lead_id
        inner join
            {{ ref("int_stage_judgement") }} as judgement
            on lead_system.source_system = judgement.source_system
            and event.stage = judgement.stage
            and judgement.effective_from <= event.entered_at
            and event.entered_at < judgement.effective_to
        where event.basis = 'crm'
    ),

    -- what the CRM said while the definition took its word
    crm_word as (
        select
            event.lead_id,
            {% for stage in ["mql", "sql", "sales_ready"] %}
                min(case when event.stage = '{{ stage }}' then event.entered_at end) as {{ stage }}_at
                {{- "," if not loop.last }}
            {% endfor %}
        from {{ ref("int_lead_stage_event") }} as event
        left join
            judged_entry on event.lead_id = judged_entry.lead_id and event.entry_number = judged_entry.entry_number
        where event.basis = 'crm' and event.entered_at <= {{ happened_until() }} and judged_entry.lead_id is null
        group by event.lead_id
    ),

    handoff as (select * from {{ ref("int_handoff") }}),

    handoff_story as (
        select
            lead_id, count(*) as handoff_count, min(case when decision = 'accepted' then decided_at end) as accepted_at
        from handoff
        group by lead_id
    ),

    rejection as (select * from {{ ref("int_lead_rejection") }} where rejection_number = 1),

    stage_value as (select * from {{ ref("int_stage_value") }} where object = 'lead'),

    -- HubSpot's status is two properties: where their history knows the record's own, the last of both is where it
    -- stands; one that was cleared says nothing
    told as (
        select lead_id, new_value as status
        from
            (
                select
                    leads.lead_id,
                    change.new_value,
                    change.changed_at,
                    change.sequence,
                    -- the property is what the sequence begins with
                    row_number() over (
                        partition by leads.lead_id, split_part(change.sequence, '|', 1)
                        order by change.changed_at desc, change.sequence desc
                    ) as place_from_end,
                    bool_or(change.new_value = leads.status) over (partition by leads.lead_id) as is_known
                from leads
                inner join
                    {{ ref("int_lead_change") }} as change
                    on leads.lead_id = change.record_id
                    and change.field = 'status'
                where leads.source_system = 'hubspot'
            ) as changes
        where place_from_end = 1 and is_known and new_value <> ''
        qualify row_number() over (partition by lead_id order by changed_at desc, sequence desc) = 1
    ),

    first_opportunity as (select * from {{ ref("int_lead_opportunity") }} where opportunity_number = 1),

    won as (
        select
            link.lead_id,
            opportunity.closed_at as won_at,
            opportunity.close_date as won_on,
            opportunity.amount as won_amount,
            bool_or(opportunity.is_customer_acquired) over (partition by link.lead_id) as is_customer
        from {{ ref("int_lead_opportunity") }} as link
        inner join {{ ref("int_opportunity") }} as opportunity on link.opportunity_id = opportunity.opportunity_id
        where opportunity.is_won
        qualify
            row_number() over (partition by link.lead_id order by opportunity.closed_at, opportunity.opportunity_id) = 1
    ),

    icp as (
        select *
        from {{ ref("int_lead_icp") }}
        where not is_before_creation
        qualify row_number() over (partition by lead_id order by valid_from) = 1
    ),

    final as (
        select
            leads.lead_id,
            leads.source_system,
            leads.person_id,
            leads.account_id,
            leads.owner_id,
            case
                when coalesce(touch.channel, 'unattributed') = 'unattributed'
                then coalesce(touch.campaign_id, leads.campaign_id)
                else touch.campaign_id
            end as campaign_id,
            leads.lead_source,
            leads.is_marketing_lead_source,
            coalesce(touch.channel, 'unattributed') as channel,
            touch.content,
            leads.created_at,
            {{ earliest("agreed.mql_at", "crm_word.mql_at") }} as mql_at,
            handoff.handed_off_at,
            handoff.response_at as first_response_at,
            crm.contacted_at,
            {{
                earliest(
                    earliest("crm.accepted_at", "handoff_story.accepted_at"),
                    "case when crm.accepted_at is null then "
                    ~ earliest(
                        "crm.advanced_at",
                        "case when first_opportunity.opportunity_at >= leads.created_at"
                        ~ " then first_opportunity.reached_at end",
                    )
                    ~ " end",
                )
            }} as accepted_at,
            crm.rejected_at,
            case when crm.rejected_at is not null then rejection.reason end as rejection_reason,
            crm.recycled_at,
            {{ earliest("agreed.sql_at", "crm_word.sql_at") }} as sql_at,
            {{ earliest("agreed.sales_ready_at", "crm_word.sales_ready_at") }} as sales_ready_at,
            first_opportunity.opportunity_at,
            won.won_at,
            -- a status that the stage map does not know is no stage; without one, the last that was
            case
                when nullif(trim(coalesce(told.status, leads.status)), '') is null
                then crm.last_stage
                else stage_value.stage
            end as current_stage,
            coalesce(told.status, leads.status) as crm_status,
            first_opportunity.opportunity_id,
            icp.is_icp_fit,
            icp.icp_reasons,
            cast(score.score as bigint) as score,
            score.score_band,
            handoff.owner_id as handoff_owner_id,
            coalesce(handoff_story.handoff_count, 0) as handoff_count,
            handoff.sla_hours,
            handoff.response_hours,
            handoff.response_business_hours,
            handoff.is_within_sla,
            handoff.decision as first_decision,
            won.won_amount,
            coalesce(won.is_customer, false) as is_customer,
            cast(
                {{ dbt.datediff(to_reporting_date("leads.created_at"), "won.won_on", "day") }} as bigint
            ) as lead_to_won_days,
            versions.version as definition_version,
            leads.company,
            leads.job_title,
            leads.industry,
            cast(leads.employee_count as bigint) as employee_count,
            leads.country,
            leads.email_domain,
            leads.attributes
        from leads
        left join crm on leads.lead_id = crm.lead_id
        left join agreed on leads.lead_id = agreed.lead_id
        left join crm_word on leads.lead_id = crm_word.lead_id
        left join handoff on leads.lead_id = handoff.lead_id and handoff.handoff_number = 1
        left join handoff_story on leads.lead_id = handoff_story.lead_id
        left join rejection on leads.lead_id = rejection.lead_id
        left join told on leads.lead_id = told.lead_id
        left join
            stage_value
            on case when told.status is null then leads.status_system else leads.source_system end
            = stage_value.source_system
            and coalesce(told.status, leads.status) = stage_value.crm_value
        left join first_opportunity on leads.lead_id = first_opportunity.lead_id
        left join won on leads.lead_id = won.lead_id
        left join icp on leads.lead_id = icp.lead_id
        left join {{ ref("int_lead_touch") }} as touch on leads.lead_id = touch.lead_id
        left join {{ ref("int_lead_score") }} as score on leads.lead_id = score.lead_id
        left join
            {{ ref("stg_definitions__versions") }} as versions
            on versions.effective_from <= leads.created_at
            and leads.created_at < versions.effective_to
    )

select *
from final

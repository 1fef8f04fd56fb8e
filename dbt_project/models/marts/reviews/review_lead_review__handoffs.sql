-- Grain: one row per (lead, handoff), with what became of it until now.
-- Hazard: the decision is of this handoff; `won` and `opportunity` are the lead's and repeat on each of its accepted
-- handoffs, as does its stage.
with
    handoffs as (
        select *, handoff_number < max(handoff_number) over (partition by lead_id) as is_handed_off_again
        from {{ ref("fct_handoff") }}
    ),

    leads as (select * from {{ ref("fct_lead") }}),

    accounts as (select account_id, name from {{ ref("dim_account") }}),

    owners as (select owner_id, name, team from {{ ref("dim_owner") }}),

    final as (
        select
            {{ period_start("week", to_reporting_date("handoffs.handed_off_at")) }} as week_start,
            handoffs.lead_id,
            cast(handoffs.handoff_number as bigint) as handoff_number,
            coalesce(accounts.name, leads.company) as account_name,
            coalesce(leads.lead_source, 'no source') as lead_source,
            coalesce(owners.name, handoffs.owner_id, 'no owner') as owner_name,
            coalesce(owners.team, 'no team') as team,
            {{ to_reporting_time("handoffs.handed_off_at") }} as handed_off_at,
            cast(handoffs.response_hours as double) as response_hours,
            handoffs.is_within_sla,
            case
                when leads.won_at is not null and handoffs.decision = 'accepted'
                then 'won'
                when leads.opportunity_id is not null and handoffs.decision = 'accepted'
                then 'opportunity'
                when handoffs.decision = 'accepted'
                then 'accepted'
                when handoffs.decision = 'rejected'
                then 'rejected'
                when handoffs.is_handed_off_again
                then 'handed off again'
                when handoffs.response_at is not null
                then 'answered, undecided'
                when not handoffs.is_within_sla
                then 'waiting past the SLA'
                else 'waiting'
            end as outcome,
            handoffs.rejection_reason,
            leads.current_stage
        from handoffs
        inner join leads on handoffs.lead_id = leads.lead_id
        left join accounts on leads.account_id = accounts.account_id
        left join owners on handoffs.owner_id = owners.owner_id
    )

select *
from final

-- Grain: one row per handed-off lead that nobody has answered or decided on and whose SLA has lapsed, as of now.
with
    queue as (select * from {{ ref("handoff_queue") }} where is_sla_lapsed and response_at is null),

    leads as (select lead_id, account_id, company, lead_source from {{ ref("fct_lead") }}),

    accounts as (select account_id, name from {{ ref("dim_account") }}),

    owners as (select owner_id, name, team from {{ ref("dim_owner") }}),

    final as (
        select
            queue.lead_id,
            coalesce(accounts.name, leads.company) as account_name,
            coalesce(leads.lead_source, 'no source') as lead_source,
            queue.owner_id,
            coalesce(owners.name, queue.owner_id, 'no owner') as owner_name,
            coalesce(owners.team, 'no team') as team,
            {{ to_reporting_time("queue.handed_off_at") }} as handed_off_at,
            cast(queue.waiting_hours as double) as waiting_hours,
            cast(queue.why_qualified as varchar) as why_qualified,
            cast(queue.last_touches as varchar) as last_touches,
            cast(queue.score as double) as score,
            cast(queue.next_step as varchar) as next_step
        from queue
        left join leads on queue.lead_id = leads.lead_id
        left join accounts on leads.account_id = accounts.account_id
        left join owners on queue.owner_id = owners.owner_id
    )

select *
from final

-- Grain: one row per opportunity and entry into a stage; a reopened deal enters twice. amount is what the
-- history wrote at the entry, at the deal's own exchange rate: sum fct_opportunity.amount instead. What is recorded
-- with a date after now has not happened; a close that no history tells is at the end of its close day, also to come.
{{ config(materialized="view") }}

select
    entry.opportunity_id || '|' || cast(entry.entry_number as varchar) as stage_event_id,
    entry.opportunity_id,
    entry.stage,
    entry.entered_at,
    case
        when entry.exited_at <= horizon.happened_until or not entry.is_exit_recorded then entry.exited_at
    end as exited_at,
    cast(round(cast(entry.amount as decimal(38, 6)) * opportunity.exchange_rate, 2) as decimal(18, 2)) as amount,
    cast(round(entry.amount, 2) as decimal(18, 2)) as amount_original,
    opportunity.currency,
    entry.entry_number
from {{ ref("int_opportunity_stage_event") }} as entry
inner join {{ ref("int_opportunity") }} as opportunity on entry.opportunity_id = opportunity.opportunity_id
cross join {{ ref("int_event_horizon") }} as horizon
where
    case when entry.is_recorded then entry.entered_at else timestamp '0001-01-01 00:00:00' end <= horizon.happened_until

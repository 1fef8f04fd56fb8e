-- Grain: one row per (week the lead was created, lead_source, rule), a row for every rule of the definitions, one, rule
-- `all`, for the record as a whole and, where any lead is held for it, one of `merge_cycle`. Delivered counts lead
-- records (not yet matched across systems) that were judged at the door, by their first version.
-- Hazard: delivered repeats on every rule's row, and a record can fail several rules: never sum over rules.
with
    deliveries as (select * from {{ ref("metric_lead_delivery") }}),

    rules as (
        select distinct rule
        from {{ ref("stg_definitions__completeness") }}
        union
        select 'all' as rule
        union
        select 'merge_cycle' as rule
        from deliveries
        where concat('|', first_failed_rules, '|') like '%|merge_cycle|%'
    ),

    judged as (
        select
            {{ period_start("week", "deliveries.delivered_on") }} as week_start,
            deliveries.lead_source,
            rules.rule,
            deliveries.is_admitted,
            case
                when rules.rule = 'all'
                then not deliveries.is_complete_at_first
                else contains(concat('|', deliveries.first_failed_rules, '|'), concat('|', rules.rule, '|'))
            end as is_incomplete
        from deliveries
        cross join rules
    ),

    counted as (
        select
            week_start,
            lead_source,
            rule,
            cast(count(*) as bigint) as delivered,
            {{ count_if("is_incomplete") }} as incomplete,
            {{ count_if("is_incomplete and is_admitted") }} as released,
            {{ count_if("is_incomplete and not is_admitted") }} as still_held
        from judged
        group by week_start, lead_source, rule
    ),

    final as (select *, {{ rate("delivered - incomplete", "delivered") }} as completeness_rate from counted)

select *
from final

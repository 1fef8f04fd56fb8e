-- Grain: one row per (month with a target of customers, lead_source, stage), and a row `all sources` per stage: what
-- the month's target takes, read backwards. All sources: the whole target at the rates of all sources together, with
-- the interval of required_volume; the sources' own plans do not add up to it.
-- Hazard: `all sources` stands beside the sources, and stages follow from each other: never sum over either.
with
    volumes as (select * from {{ ref("required_volume") }}),

    positions as (
        select 'customer' as stage, 0 as position
        {% for stage in ["sales_ready", "sql", "mql", "lead", "spend"] %}
            union all
            select '{{ stage }}' as stage, {{ loop.index }} as position
        {% endfor %}
    ),

    together as (
        select
            volumes.month_start,
            volumes.stage,
            positions.position,
            -- doubles, added up in one order: else two equal nights may differ in the last bit; rounded, for its parts
            -- by source are
            round(
                sum(case when volumes.stage = 'customer' then volumes.required end order by volumes.lead_source), 4
            ) as target,
            sum(volumes.trailing_leads order by volumes.lead_source) as trailing_leads,
            sum(volumes.trailing_rate * volumes.trailing_leads order by volumes.lead_source) as reached,
            {{
                rate(
                    "sum(volumes.trailing_rate * volumes.trailing_leads order by volumes.lead_source)",
                    "sum(volumes.trailing_leads order by volumes.lead_source)",
                )
            }} as trailing_rate,
            sum(volumes.customer_rate * volumes.trailing_leads order by volumes.lead_source) as won
        from volumes
        inner join positions on volumes.stage = positions.stage
        group by volumes.month_start, volumes.stage, positions.position
    ),

    chained as (
        select
            *,
            max(target) over (partition by month_start) as customers,
            max(case when stage = 'lead' then won end) over (partition by month_start) as won_leads,
            sum(
                case
                    when stage = 'spend'
                    then ln(nullif(trailing_rate, 0))
                    when stage <> 'customer'
                    then - ln(nullif(trailing_rate, 0))
                end
            ) over (partition by month_start order by position) as log_factor,
            sum(case when stage <> 'customer' and coalesce(trailing_rate, 0) = 0 then 1 else 0 end) over (
                partition by month_start order by position
            ) as broken_steps,
            sqrt(
                sum(
                    case
                        when stage not in ('customer', 'spend')
                        then (trailing_leads - reached + 0.5) / ((trailing_leads + 1) * (reached + 0.5))
                        else 0
                    end
                ) over (partition by month_start order by position)
            ) as deviation
        from together
    ),

    stacked as (
        select
            month_start,
            coalesce(lead_source, 'no source') as lead_source,
            false as is_all_sources,
            stage,
            required,
            required_low,
            required_high,
            trailing_rate,
            required_by_any_path
        from volumes
        union all
        select
            month_start,
            'all sources' as lead_source,
            true as is_all_sources,
            stage,
            case
                when customers = 0 then 0 when broken_steps = 0 then customers * exp(coalesce(log_factor, 0))
            end as required,
            case
                when customers = 0
                then 0
                when broken_steps = 0
                then customers * exp(coalesce(log_factor, 0) - 1.2816 * deviation)
            end as required_low,
            case
                when customers = 0
                then 0
                when broken_steps = 0
                then customers * exp(coalesce(log_factor, 0) + 1.2816 * deviation)
            end as required_high,
            trailing_rate,
            case
                when stage = 'customer' or customers = 0
                then customers
                when stage = 'spend'
                then customers * {{ rate("reached", "won_leads") }}
                else customers * {{ rate("trailing_leads", "won") }}
            end as required_by_any_path
        from chained
    ),

    final as (
        select
            stacked.month_start,
            stacked.lead_source,
            stacked.is_all_sources,
            stacked.stage,
            positions.position,
            round(stacked.required, 6) as required,
            round(stacked.required_low, 6) as required_low,
            round(stacked.required_high, 6) as required_high,
            round(stacked.trailing_rate, 9) as trailing_rate,
            round(stacked.required_by_any_path, 6) as required_by_any_path
        from stacked
        inner join positions on stacked.stage = positions.stage
    )

select *
from final

{% macro metric_by_period(part) -%}
    {#- Every metric of the dictionary that has one figure a period (`month`, `quarter`), in one long table: the one place
        that computes them for a whole period. A rate of a quarter is computed from its leads, deals and handoffs, never
        from the rates of its months. -#}
    {%- set start = part ~ "_start" -%}
    with
        leads as (select *, {{ period_start(part, "created_on") }} as {{ start }} from {{ ref("metric_lead") }}),

        handoffs as (
            select
                *,
                {{ period_start(part, "handed_off_on") }} as handoff_start,
                {{ period_start(part, "decided_on") }} as decision_start
            from {{ ref("metric_handoff") }}
        ),

        opportunities as (
            select
                *,
                {{ period_start(part, "created_on") }} as created_start,
                {{ period_start(part, "closed_on") }} as closed_start
            from {{ ref("metric_opportunity") }}
        ),

        cohort as (
            select
                {{ start }},
                cast(count(*) as double) as leads,
                sum(case when is_mql then 1 else 0 end) as mqls,
                sum(case when is_sql then 1 else 0 end) as sqls,
                sum(case when is_sales_ready then 1 else 0 end) as sales_ready,
                {{ rate("sum(case when is_mql then 1 else 0 end)", "count(*)") }} as mql_rate,
                {{ rate("sum(case when is_sql then 1 else 0 end)", "count(*)") }} as sql_rate,
                {{ rate("sum(case when is_sales_ready then 1 else 0 end)", "count(*)") }} as sales_ready_rate,
                {{
                    rate(
                        "sum(case when is_mql and is_sql then 1 else 0 end)",
                        "sum(case when is_mql then 1 else 0 end)",
                    )
                }} as mql_to_sql_rate,
                {{ rate("sum(case when has_opportunity then 1 else 0 end)", "count(*)") }} as lead_to_opportunity_rate,
                {{
                    rate(
                        "sum(case when is_handed_off and has_opportunity then 1 else 0 end)",
                        "sum(case when is_handed_off then 1 else 0 end)",
                    )
                }} as handoff_to_opportunity_rate,
                {{ rate("sum(case when is_customer then 1 else 0 end)", "count(*)") }} as customer_acquisition_rate,
                {{
                    rate(
                        "sum(case when is_sql and is_customer then 1 else 0 end)",
                        "sum(case when is_sql then 1 else 0 end)",
                    )
                }} as sql_to_customer_rate,
                {{
                    rate(
                        "sum(case when is_recycled_to_opportunity then 1 else 0 end)",
                        "sum(case when is_rejected then 1 else 0 end)",
                    )
                }} as recycled_conversion_rate
            from leads
            group by {{ start }}
        ),

        service as (
            select
                handoff_start as {{ start }},
                cast(count(*) as double) as handed_off,
                {{ percentile("response_hours", 0.5) }} as speed_to_follow_up,
                {{ percentile("response_hours", 0.9) }} as speed_to_follow_up_p90,
                {{ percentile("response_business_hours", 0.5) }} as speed_to_follow_up_business,
                {{ rate("sum(case when is_within_sla then 1 else 0 end)", "count(is_within_sla)") }} as sla_attainment,
                sum(case when not is_icp_fit then 1 else 0 end) as lead_guarantee_credits
            from handoffs
            where is_first
            group by handoff_start
        ),

        decisions as (
            select
                decision_start as {{ start }},
                {{ rate("sum(case when decision = 'rejected' then 1 else 0 end)", "count(decision)") }}
                as rejection_rate
            from handoffs
            where decision is not null
            group by decision_start
        ),

        created as (
            select
                created_start as {{ start }},
                sum(amount) as pipeline_created,
                sum(case when is_marketing_sourced then amount else 0 end) as pipeline_sourced_by_marketing,
                sum(
                    case when is_marketing_influenced_pipeline then amount else 0 end
                ) as pipeline_influenced_by_marketing,
                {{ rate("sum(case when is_marketing_sourced then amount else 0 end)", "sum(amount)") }}
                as pipeline_sourced_share,
                {{ rate("sum(case when is_marketing_influenced_pipeline then amount else 0 end)", "sum(amount)") }}
                as pipeline_influenced_share,
                sum(case when is_new_business then 1 else 0 end) as qualified_opportunities
            from opportunities
            where is_qualified
            group by created_start
        ),

        closed as (
            select
                closed_start as {{ start }},
                sum(case when is_won then amount else 0 end) as revenue,
                sum(case when is_shared_revenue then amount else 0 end) as shared_revenue,
                sum(case when is_customer_win then 1 else 0 end) as customers,
                {{
                    rate(
                        "sum(case when is_won and is_new_business then 1 else 0 end)",
                        "sum(case when is_new_business then 1 else 0 end)",
                    )
                }} as win_rate,
                {{
                    rate(
                        "sum(case when is_won and is_new_business then amount else 0 end)",
                        "sum(case when is_new_business then amount else 0 end)",
                    )
                }} as win_rate_amount,
                {{ percentile("case when is_new_business then lead_to_won_days end", 0.5) }} as lead_to_won_days,
                {{ percentile("case when is_new_business then opportunity_cycle_days end", 0.5) }} as sales_cycle_days
            from opportunities
            where is_closed
            group by closed_start
        ),

        spend as (
            select {{ period_start(part, "spend_date") }} as {{ start }}, sum(cost) as spend
            from {{ ref("fct_spend") }}
            where not is_planned
            group by 1
        ),

        completeness as (
            select
                {{ period_start(part, "delivered_on") }} as {{ start }},
                {{ rate("sum(case when is_complete_at_first then 1 else 0 end)", "count(*)") }} as completeness_rate
            from {{ ref("metric_lead_delivery") }}
            group by 1
        ),

        agreement as (
            select
                {{ period_start(part, "month_start") }} as {{ start }},
                {{ rate("sum(agreed_and_crm)", "sum(agreed_and_crm + crm_only + definition_only)") }}
                as definition_agreement
            from {{ ref("definition_audit") }}
            group by 1
        ),

        -- not rounded to cents before it is divided
        acquisition as (
            select
                {{ period_start(part, "cost.month_start") }} as {{ start }},
                {{
                    rate(
                        "sum(cost.sales_and_marketing_cost)",
                        "sum(case when cost.sales_and_marketing_cost is not null then cost.customers end)",
                    )
                }} as customer_acquisition_cost
            from {{ ref("acquisition_cost") }} as cost
            group by 1
        ),

        stock as (
            select
                {{ period_start(part, "date_day") }} as {{ start }},
                open_pipeline,
                sourced_share as active_pipeline_sourced_share,
                influenced_share as active_pipeline_influenced_share
            from {{ ref("active_pipeline") }}
            where date_day = {{ dbt.last_day("date_day", part) }} or date_day = {{ as_of_day() }}
        ),

        began as (
            select min({{ start }}) as {{ start }}
            from
                (
                    select {{ start }}
                    from cohort
                    union all
                    select {{ start }}
                    from created
                    union all
                    select {{ start }}
                    from closed
                ) as seen
        ),

        -- money may have been spent for months before the first lead came: these have their spend and no other figure
        periods as (
            select distinct {{ start }}, {{ start }} >= (select {{ start }} from began) as has_begun
            from {{ ref("dim_date") }}
            where
                {{ start }} <= {{ as_of_day() }}
                and {{ start }} >= (
                    select min({{ start }})
                    from
                        (
                            select {{ start }}
                            from began
                            union all
                            select {{ start }}
                            from spend
                        ) as seen
                )
        ),

        costs as (
            select
                periods.{{ start }},
                {{ rate("nullif(spend.spend, 0)", "cohort.leads") }} as cost_per_lead,
                {{ rate("nullif(spend.spend, 0)", "cohort.mqls") }} as cost_per_mql,
                {{ rate("nullif(spend.spend, 0)", "created.qualified_opportunities") }}
                as cost_per_qualified_opportunity,
                {{ rate("nullif(spend.spend, 0)", "closed.customers") }} as cost_per_customer,
                acquisition.customer_acquisition_cost
            from periods
            left join spend on periods.{{ start }} = spend.{{ start }}
            left join cohort on periods.{{ start }} = cohort.{{ start }}
            left join created on periods.{{ start }} = created.{{ start }}
            left join closed on periods.{{ start }} = closed.{{ start }}
            left join acquisition on periods.{{ start }} = acquisition.{{ start }}
        ),

        wide as (
            select
                {% for metric in metric_dictionary() %}
                    cast(
                        {% if metric[4] %}coalesce({{ metric[7] }}.{{ metric[0] }}, 0)
                        {% else %}{{ metric[7] }}.{{ metric[0] }}
                        {% endif %} as double
                    ) as {{ metric[0] }},
                {% endfor %}
                periods.{{ start }},
                periods.has_begun
            from periods
            {% for step in metric_dictionary() | map(attribute=7) | unique %}
                left join {{ step }} on periods.{{ start }} = {{ step }}.{{ start }}
            {% endfor %}
        ),

        final as (
            select
                wide.{{ start }},
                dictionary.metric,
                case
                    dictionary.metric
                    {% for metric in metric_dictionary() %}
                        when '{{ metric[0] }}' then wide.{{ metric[0] }}
                    {% endfor %}
                end as value,
                dictionary.unit,
                dictionary.better,
                dictionary.is_additive,
                not dictionary.is_cohort or {{ is_mature("wide." ~ start, part) }} as is_mature
            from wide
            inner join {{ ref("metric_dictionary") }} as dictionary on wide.has_begun or dictionary.metric = 'spend'
        )

    select *
    from final
{%- endmacro %}

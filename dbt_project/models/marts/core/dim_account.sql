-- Grain: one row per surviving account, one for all the systems that know it. is_icp_fit: by the profile in force now
-- on the company's own values; rules about a person or a trigger event are left to the lead.
{% set dimensions = ["employee_count", "annual_revenue", "industry", "country", "technology", "growth_stage"] %}
with
    account as (select * from {{ ref("int_account") }}),

    rules as (
        select rule.*
        from {{ ref("stg_definitions__icp") }} as rule
        inner join
            {{ ref("int_icp_period") }} as period
            on period.has_begun
            and not period.has_ended
            and rule.effective_from <= period.period_from
            and rule.effective_to > period.period_from
        where
            rule.dimension
            in ({% for dimension in dimensions %}'{{ dimension }}'{{ "," if not loop.last }} {% endfor %})
    ),

    traits as (
        {% for dimension in dimensions %}
            select account_id, '{{ dimension }}' as dimension, coalesce({{ plain_text(dimension) }}, '') as value
            from account {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    judged as (
        select
            traits.account_id,
            rules.effect,
            traits.value = '' as is_unknown,
            traits.value <> '' and {{ holds("traits.value", "rules.operator", "rules.value") }} as is_met
        from traits
        inner join rules on traits.dimension = rules.dimension
    ),

    verdict as (
        select
            account_id,
            bool_or(effect = 'disqualify' and is_met) as is_disqualified,
            bool_or(effect = 'require' and is_unknown) as is_unknown,
            bool_or(effect = 'require' and not is_met) as is_failed
        from judged
        group by account_id
    ),

    final as (
        select
            account.account_id,
            account.source_system,
            account.name,
            account.domain,
            account.industry,
            cast(account.employee_count as bigint) as employee_count,
            cast(account.annual_revenue as decimal(18, 2)) as annual_revenue,
            account.country,
            account.technology,
            account.growth_stage,
            account.owner_id,
            alias.account_id as parent_account_id,
            account.created_at,
            case
                when coalesce(verdict.is_disqualified, false)
                then false
                when coalesce(verdict.is_unknown, false)
                then null
                else not coalesce(verdict.is_failed, false)
            end as is_icp_fit,
            account.attributes
        from account
        left join verdict on account.account_id = verdict.account_id
        left join {{ ref("int_account_alias") }} as alias on account.parent_id = alias.record_id
    )

select *
from final

-- Grain: one row per setting and period; exactly one row of a setting is in force at any moment.
{{ config(materialized="table") }}

with
    agreed as (
        select
            {{ cell("setting") }} as setting,
            case
                when {{ cell("setting") }} = 'sla_clock' then lower({{ cell("value") }}) else {{ cell("value") }}
            end as value,
            {{ effective_from() }} as effective_from,
            {{ effective_to() }} as effective_to
        from {{ ref("settings") }}
    ),

    shipped as (
        select setting, value
        from
            (
                values
                    ('reporting_timezone', 'UTC'),
                    ('reporting_currency', 'USD'),
                    ('sla_hours', '24'),
                    ('sla_clock', 'clock'),
                    ('attribution_lookback_days', '90'),
                    ('time_decay_half_life_days', '7'),
                    ('maturity_days', '90'),
                    ('incomplete_batch_limit', '0.20'),
                    ('fiscal_year_start_month', '1'),
                    ('system_priority', 'salesforce|hubspot|marketo'),
                    ('handoff_score_threshold', '50'),
                    ('scorecard_version', 'rules'),
                    ('scoring_horizon_days', '180'),
                    ('scoring_minimum_wins', '150')
            ) as listed(setting, value)
    ),

    final as (
        select setting, value, effective_from, effective_to
        from agreed
        union all
        -- a setting without rows takes its default
        select
            shipped.setting,
            shipped.value,
            timestamp '0001-01-01 00:00:00' as effective_from,
            timestamp '9999-12-31 00:00:00' as effective_to
        from shipped
        left join agreed on shipped.setting = agreed.setting
        where agreed.setting is null
    )

select *
from final

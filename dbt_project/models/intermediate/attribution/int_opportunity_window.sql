-- Grain: one row per opportunity: the span of its touches and what its credit is weighed by. Lookback and half-life are
-- those in force when it was created (now, where its creation is unknown or still to come); the path starts at the same
-- moment for both bases. The span of an open one is open: touches that are still to come are on no path.
with
    opportunity as (select * from {{ ref("int_opportunity") }}),

    lead_record as (select lead_id, created_at from {{ ref("int_lead") }}),

    -- the versions that have begun
    setting_period as (
        select period.setting, period.value, period.effective_from, period.effective_to
        from {{ ref("stg_definitions__setting") }} as period
        inner join
            {{ ref("stg_definitions__setting_in_force") }} as setting_in_force
            on period.setting = setting_in_force.setting
            and period.effective_from <= setting_in_force.effective_from
    ),

    spanned as (
        select
            opportunity.opportunity_id,
            opportunity.created_at,
            opportunity.closed_at,
            opportunity.is_closed,
            opportunity.is_won,
            opportunity.is_qualified,
            lead_record.created_at as lead_created_at,
            coalesce(opportunity.amount, 0) as amount,
            cast(coalesce(half_life.value, {{ setting("time_decay_half_life_days") }}) as double) as half_life_days,
            {{
                add_days(
                    "opportunity.created_at",
                    "-cast(coalesce(lookback.value, " ~ setting("attribution_lookback_days") ~ ") as double)",
                )
            }} as path_starts_at,
            case
                when opportunity.is_closed
                then coalesce(opportunity.closed_at, opportunity.created_at)
                else {{ happened_until("int_touch_horizon") }}
            end as revenue_ends_at
        from opportunity
        left join lead_record on opportunity.lead_id = lead_record.lead_id
        -- a deal without a creation has no path; its amount is unattributed
        left join
            setting_period as lookback
            on lookback.setting = 'attribution_lookback_days'
            and lookback.effective_from <= opportunity.created_at
            and lookback.effective_to > opportunity.created_at
        left join
            setting_period as half_life
            on half_life.setting = 'time_decay_half_life_days'
            and half_life.effective_from <= opportunity.created_at
            and half_life.effective_to > opportunity.created_at
    ),

    final as (select *, greatest(created_at, revenue_ends_at) as path_ends_at from spanned)

select *
from final

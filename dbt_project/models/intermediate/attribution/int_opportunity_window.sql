-- Grain: one row per opportunity: the span of its touches and what its credit is weighed by. Lookback and half-life are
-- those in force when it was created (now, where its creation is unknown or still to come); the path starts at the same
-- moment for both bases.
{% set settled_at = "least(coalesce(opportunity.created_at, " ~ as_of() ~ "), " ~ as_of() ~ ")" %}
with
    opportunity as (select * from {{ ref("int_opportunity") }}),

    lead_record as (select lead_id, created_at from {{ ref("int_lead") }}),

    setting_period as (select * from {{ ref("stg_definitions__setting") }}),

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
            cast(half_life.value as double) as half_life_days,
            {{ add_days("opportunity.created_at", "-cast(lookback.value as double)") }} as path_starts_at,
            -- an open one's is now
            case
                when opportunity.is_closed
                then coalesce(opportunity.closed_at, opportunity.created_at)
                else {{ as_of() }}
            end as revenue_anchor_at,
            {{ add_days("opportunity.created_at", "cast(" ~ setting("maturity_days") ~ " as integer)") }}
            < {{ as_of() }} as is_older_than_maturity
        from opportunity
        left join lead_record on opportunity.lead_id = lead_record.lead_id
        -- a deal without a creation has no path; its amount is unattributed
        inner join
            setting_period as lookback
            on lookback.setting = 'attribution_lookback_days'
            and lookback.effective_from <= {{ settled_at }}
            and lookback.effective_to > {{ settled_at }}
        inner join
            setting_period as half_life
            on half_life.setting = 'time_decay_half_life_days'
            and half_life.effective_from <= {{ settled_at }}
            and half_life.effective_to > {{ settled_at }}
    ),

    final as (select *, greatest(created_at, revenue_anchor_at) as path_ends_at from spanned)

select *
from final

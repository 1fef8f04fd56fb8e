-- Grain: one row per (close quarter, dimension, segment): wins, losses and cycle by size, industry, country, source
-- and entry channel.
-- Hazard: the dimensions cut the same deals anew: never sum over them.
with
    deals as (select * from {{ ref("review_win_loss__deals") }}),

    cut as (
        {% for dimension, column in [
            ("all", "'all'"),
            ("company size", "company_size"),
            ("industry", "industry"),
            ("country", "country"),
            ("lead source", "lead_source"),
            ("entry channel", "coalesce(entry_channel, 'no touch')"),
        ] %}
            select
                quarter_start,
                '{{ dimension }}' as dimension,
                {{ column }} as segment,
                outcome,
                amount,
                opportunity_cycle_days,
                touches
            from deals
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            quarter_start,
            dimension,
            segment,
            {{ count_if("outcome = 'won'") }} as won,
            {{ count_if("outcome = 'lost'") }} as lost,
            {{ rate("sum(case when outcome = 'won' then 1 else 0 end)", "count(*)") }} as win_rate,
            {{ sum_if("amount", "outcome = 'won'") }} as won_amount,
            {{ percentile("opportunity_cycle_days", 0.5) }} as median_cycle_days,
            cast(avg(case when outcome = 'won' then touches end) as double) as mean_touches_won,
            cast(avg(case when outcome = 'lost' then touches end) as double) as mean_touches_lost
        from cut
        group by quarter_start, dimension, segment
    )

select *
from final

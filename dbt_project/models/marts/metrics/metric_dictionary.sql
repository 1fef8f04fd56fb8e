-- Grain: one row per metric that has one figure a month: its name, unit, which direction is better and how it is
-- computed. The list itself is the macro of the same name, which metric_month walks too.
with
    listed as (
        {% for metric in metric_dictionary() %}
            select
                '{{ metric[0] }}' as metric,
                '{{ metric[1] }}' as label,
                '{{ metric[2] }}' as kind,
                '{{ metric[3] }}' as better,
                {{ metric[4] }} as is_additive,
                {{ metric[5] }} as is_cohort,
                {{ metric[6] or "cast(null as integer)" }} as scoreboard_position,
                '{{ metric[8] }}' as formula
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            metric,
            label,
            kind,
            case when kind = 'money' then {{ setting("reporting_currency") }} else kind end as unit,
            better,
            is_additive,
            is_cohort,
            scoreboard_position,
            formula
        from listed
    )

select *
from final

-- Grain: one row. happened_until: until when what is recorded has happened: the run's now where anything is dated after
-- it, else the end of time. Most nights nothing is, and the large tables that leave out what is still to come
-- (happened_until()) stand.
with
    recorded as (
        {% for model, column in [
            ("int_lead_stage_event", "greatest(entered_at, exited_at)"),
            ("int_handoff_event", "handed_off_at"),
            ("int_lead", "created_at"),
            ("int_lead_change", "changed_at"),
            ("int_activity_record", "case when is_completed then greatest(acted_at, happened_at) end"),
            ("int_touch", "touched_at"),
            ("int_opportunity", "created_at"),
            ("int_opportunity_stage_event", "greatest(entered_at, exited_at)"),
        ] %}
            select max({{ column }}) as newest_at
            from {{ ref(model) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            case
                when max(newest_at) > {{ as_of() }} then {{ as_of() }} else timestamp '9999-12-31 00:00:00'
            end as happened_until
        from recorded
    )

select *
from final

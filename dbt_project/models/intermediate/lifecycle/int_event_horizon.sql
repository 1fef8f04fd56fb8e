-- Grain: one row. happened_until: until when what is recorded has happened: the end of time, or, where anything is
-- dated after the run's now, the newest moment before it. It stays the same until something is recorded or passes, so
-- the large tables that leave out what is still to come (happened_until()) stand most nights.
-- Hazard: a time that is compared with it stands here, each column by itself.
with
    recorded as (
        {% for model, column in [
            ("int_lead_stage_event", "entered_at"),
            ("int_lead_stage_event", "exited_at"),
            ("int_handoff_event", "handed_off_at"),
            ("int_lead", "created_at"),
            ("int_lead_change", "changed_at"),
            ("int_activity_record", "case when is_completed then acted_at end"),
            ("int_activity_record", "case when is_completed then happened_at end"),
            ("int_touch", "touched_at"),
            ("int_opportunity", "created_at"),
            ("int_opportunity_stage_event", "entered_at"),
            ("int_opportunity_stage_event", "exited_at"),
        ] %}
            select max({{ column }}) as newest_at, {{ newest_by_now(column) }} as newest_past_at
            from {{ ref(model) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (select {{ horizon("max(newest_at)", "max(newest_past_at)") }} as happened_until from recorded)

select *
from final

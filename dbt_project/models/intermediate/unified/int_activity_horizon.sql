-- Grain: one row. happened_until: the newest time by now that any delivered activity has. What asks whether the time of
-- an activity has passed asks this in place of the clock: the answer is the same until the next one has.
{% set columns = ["happened_at", "completed_at", "created_at"] %}
with
    recorded as (
        {% for system, object in [
            ("salesforce", "event"),
            ("salesforce", "task"),
            ("hubspot", "engagement"),
            ("hubspot", "engagement_call"),
            ("hubspot", "engagement_email"),
            ("hubspot", "engagement_meeting"),
            ("hubspot", "engagement_task"),
            ("mapped", "activity"),
        ] %}
            {% for column in columns %}
                select {{ newest_by_now(column) }} as newest_at
                from {{ source(system, object) }}
                {% if not loop.last %}
                    union all
                {% endif %}
            {% endfor %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select coalesce(max(newest_at), timestamp '0001-01-01 00:00:00') as happened_until
from recorded

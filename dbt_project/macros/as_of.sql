{% macro as_of() -%}
    {#- The run's "now" (UTC timestamp). One row written by the night before dbt starts: a dbt var would
        invalidate the partial parse every night. -#}
    (select as_of from {{ source("control", "run") }})
{%- endmacro %}

{% macro happened_until(horizon="int_event_horizon") -%}
    {#- What a large model asks in place of the run's "now", where it only leaves out what is still to come: the answer
        is the same night after night, and the model stands. -#}
    (select happened_until from {{ ref(horizon) }})
{%- endmacro %}

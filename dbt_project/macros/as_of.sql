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

{% macro newest_by_now(time) -%}
    {#- An aggregate: the newest time that is not after the run's "now". -#}
    max(case when {{ time }} <= {{ as_of() }} then {{ time }} end)
{%- endmacro %}

{% macro horizon(newest, newest_past) -%}
    {#- Until when what is recorded has happened, by its newest time and its newest time by now: what is compared with it
        is among these times, so it says the same of each as the clock would. -#}
    case
        when {{ newest }} > {{ as_of() }}
        then coalesce({{ newest_past }}, timestamp '0001-01-01 00:00:00')
        else timestamp '9999-12-31 00:00:00'
    end
{%- endmacro %}

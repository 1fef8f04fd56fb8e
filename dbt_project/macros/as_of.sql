{% macro as_of() -%}
    {#- The run's "now" (UTC timestamp). One row written by the night before dbt starts: a dbt var would
        invalidate the partial parse every night. -#}
    (select as_of from {{ source("control", "run") }})
{%- endmacro %}

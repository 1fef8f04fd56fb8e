{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- Schemas are a contract with BI: `core` is `core`, never `main_core`. -#}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{% macro make_empty(query) -%}
    create or replace table {{ this }}
    as
    select *
    from ({{ query }}) as made
    where false
{%- endmacro %}

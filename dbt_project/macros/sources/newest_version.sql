{% macro newest_version(key) -%}
    {#- One row per key: the newest delivered version. The version column decides, then the file name's order (delivery_rank), then the
        line: never the order of arrival. Needs version_at, delivery_rank and record_line in the relation. -#}
    row_number() over (partition by {{ key }} order by version_at desc nulls last, delivery_rank desc, record_line desc)
    = 1
{%- endmacro %}

{% macro every_version(parts, columns) -%}
    {#- Every delivered version in the staging models `parts`, with what newest_version needs. -#}
    {% for part in parts %}
        select {{ columns | join(", ") }}, version_at, delivery_rank, record_line
        from {{ ref(part) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{%- endmacro %}

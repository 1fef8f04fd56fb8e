{% macro duckdb__load_csv_rows(model, agate_table) -%}
    {#- As dbt-duckdb copies a seed, but for what marks a text: a file without double quotes has none, and an apostrophe
        is part of what it says. The night reads the definitions in the same way (handoff/definitions.py). -#}
    {% set copy %}
        copy {{ this.render() }} from '{{ adapter.get_seed_file_path(model) }}'
        (format csv, header true, delimiter ',', quote '"', escape '"')
    {% endset %}
    {% do adapter.add_query(copy, abridge_sql_log=True) %} {{ return(copy) }}
{%- endmacro %}

{#- A table that is made is on record no more: a night writes down what it was made of once it is there
    (`handoff/built.py`). After a build by hand the next night makes it anew. -#}
{% macro forget_standing() %}
    {% if execute and target.type == "duckdb" and adapter.get_relation(this.database, "control", "built") %}
        {% do run_query("delete from control.built where name = '" ~ this.schema ~ "." ~ this.identifier ~ "'") %}
    {% endif %}
{% endmacro %}

{#- What each table was made of, so that a night makes anew only what may have changed: `handoff/standing.py`. Written
    down in a night alone; who runs dbt by hand gets every node that was selected, and the next night asks anew. -#}
{% macro is_night() %} {{ return(env_var("HANDOFF_NIGHT", "") == "yes" and not should_full_refresh()) }} {% endmacro %}

{% macro standing_name() %}
    {{ return(model["unique_id"] if model["resource_type"] == "test" else this.schema ~ "." ~ this.identifier) }}
{% endmacro %}

{#- Writes down what a node was made of and what came out: `content` is SQL. -#}
{% macro remember_standing(content) %}
    {% if is_night() %}
        {% do run_query(
            "delete from control.built where name = '"
            ~ standing_name()
            ~ "'; insert into control.built select '"
            ~ standing_name()
            ~ "', coalesce((select inputs from control.inputs where name = '"
            ~ standing_name()
            ~ "'), ''), "
            ~ content
            ~ ", as_of from control.run"
        ) %}
        {% do run_query(
            "delete from control.made_of where name = '"
            ~ standing_name()
            ~ "'; delete from control.mended where name = '"
            ~ standing_name()
            ~ "'; insert into control.made_of select reads.name, reads.parent, built.content from control.reads "
            ~ "inner join control.built on reads.parent = built.name where reads.name = '"
            ~ standing_name()
            ~ "'"
        ) %}
    {% elif adapter.get_relation(database=this.database, schema="control", identifier="built") %}
        {% do run_query("delete from control.built where name = '" ~ standing_name() ~ "'") %}
    {% endif %}
{% endmacro %}

{% macro content_of(relation) %}
    {{ return("(select concat_ws('-', count(*), bit_xor(hash(t)), sum(hash(t))) from " ~ relation ~ " as t)") }}
{% endmacro %}

{#- For models with a materialization of their own. -#}
{% macro remember_built() %}
    {% if execute and target.type == "duckdb" %} {% do remember_standing(content_of(this)) %} {% endif %}
{% endmacro %}

{#- What each table was made of, so that a night makes anew only what may have changed: `handoff/standing.py`. Holds in
    a night alone; who runs dbt by hand gets every node that was selected, and the next night asks anew. -#}
{% macro is_night() %} {{ return(env_var("HANDOFF_NIGHT", "") == "yes" and not should_full_refresh()) }} {% endmacro %}

{% macro standing_name() %}
    {{ return(model["unique_id"] if model["resource_type"] == "test" else this.schema ~ "." ~ this.identifier) }}
{% endmacro %}

{#- The fingerprint of what a node reads now, and whether it stands: it was made of the same. -#}
{% macro standing() %}
    {% if not is_night() %} {{ return({"inputs": "", "holds": false}) }} {% endif %}
    {% set found = run_query(
        "select coalesce(md5(string_agg(reads.parent || '=' || coalesce(built.content, uuid()::varchar), ' ' "
        ~ "order by reads.parent)), ''), (select inputs from control.built where name = '"
        ~ standing_name()
        ~ "') from control.reads left join control.built on reads.parent = built.name where reads.name = '"
        ~ standing_name()
        ~ "'"
    ).rows[0] %}
    {{ return({"inputs": found[0], "holds": found[0] == found[1]}) }}
{% endmacro %}

{#- Writes down what a node was made of and what came out: `content` is SQL. -#}
{% macro remember_standing(inputs, content) %}
    {% if is_night() %}
        {% do run_query(
            "delete from control.built where name = '"
            ~ standing_name()
            ~ "'; insert into control.built select '"
            ~ standing_name()
            ~ "', '"
            ~ inputs
            ~ "', "
            ~ content
            ~ ", as_of from control.run"
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
    {% if execute and target.type == "duckdb" %}
        {% do remember_standing(standing()["inputs"], content_of(this)) %}
    {% endif %}
{% endmacro %}

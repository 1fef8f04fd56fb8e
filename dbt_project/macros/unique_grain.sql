{% test unique_grain(model, columns) %}
    {#- The columns together name a row. Unlike in a primary key, null is a value of its own (a lead without campaign). -#}
    select {{ columns | join(", ") }}, count(*) as copies
    from {{ model }}
    group by {{ columns | join(", ") }}
    having count(*) > 1
{% endtest %}

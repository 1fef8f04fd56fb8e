{% test never_null(model, columns) %}
    {#- Every row has a value in each of the columns. -#}
    select *
    from {{ model }}
    where {% for column in columns %} {{ column }} is null {{ "or" if not loop.last }} {% endfor %}
{% endtest %}

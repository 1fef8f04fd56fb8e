{% test is_empty(model) %}
    {#- Every row of the model is a finding. -#}
    select * from {{ model }}
{% endtest %}

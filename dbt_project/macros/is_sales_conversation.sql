{% macro is_sales_conversation(activity) -%}
    {#- Whether a row of int_lead_activity is a call or a meeting with sales that was held: what criteria and scores
        count as sales_conversations. -#}
    {{ activity }}.is_completed and {{ activity }}.is_by_sales and {{ activity }}.activity_type in ('call', 'meeting')
{%- endmacro %}

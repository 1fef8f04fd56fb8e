{% macro normalised_email(column) -%} nullif(lower(trim({{ column }})), '') {%- endmacro %}

{% macro salesforce_unless_given(column) -%}
    {#- An id that points into another system: `hubspot:12` stays as written, a bare `00Q…` is Salesforce's. -#}
    case when {{ column }} like '%:%' then {{ column }} else 'salesforce:' || {{ salesforce_id(column) }} end
{%- endmacro %}

{% macro salesforce_id(column) -%}
    {#- A Salesforce id of 15 characters completed to 18: one check letter per five characters, a bit per capital. Anything else stays.
        For ids that stand in free text columns (history values, GA4 user ids); id columns are completed at loading. -#}
    case
        when length({{ column }}) = 15 and {{ regex_full_match(column, "'[A-Z0-9]{15}'") }}
        then
            {{ column }}
            {%- for block in range(3) %}
                || substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1
                    {%- for position in range(5) %}
                        + case
                            when substr({{ column }}, {{ block * 5 + position + 1 }}, 1) between 'A' and 'Z'
                            then {{ 2**position }}
                            else 0
                        end
                    {%- endfor %},
                    1
                )
            {%- endfor %}
        else {{ column }}
    end
{%- endmacro %}

{% macro in_sequence(column) -%}
    {#- A row's id as what orders rows of one moment: ids that are numbers by their value, 9 before 10; others as texts. -#}
    case when {{ regex_full_match(column, "'[0-9]{1,20}'") }} then lpad({{ column }}, 20, '0') else {{ column }} end
{%- endmacro %}

{% macro session_person(column) -%}
    {#- The person record a web analytics user id names by itself: a Salesforce lead or contact id, or an id written with its system.
        Other ids are found by joining them to native ids. -#}
    case
        when {{ column }} like '%@%'
        then null
        when lower({{ column }}) like 'salesforce:%'
        then 'salesforce:' || {{ salesforce_id("substr(" ~ column ~ ", 12)") }}
        when {{ column }} like '%:%'
        then {{ column }}
        when {{ regex_full_match(column, "'00[3Q](?:[A-Z0-9]{12}|[A-Z0-9]{15})'") }}
        then 'salesforce:' || {{ salesforce_id(column) }}
    end
{%- endmacro %}

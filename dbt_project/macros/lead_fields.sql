{% macro lead_value_fields() -%}
    {#- The fields of a lead that a criterion may name and that stand on the record: what today's value can be read of. -#}
    {{
        return(
            [
                "first_name",
                "last_name",
                "email",
                "phone",
                "mobile_phone",
                "job_title",
                "company",
                "website",
                "industry",
                "employee_count",
                "annual_revenue",
                "country",
                "technology",
                "growth_stage",
                "trigger_event",
                "lead_source",
                "campaign_id",
                "status",
                "rejection_reason",
                "owner_id",
                "mql_at",
                "converted_at",
                "converted_contact_id",
                "converted_account_id",
                "converted_opportunity_id",
                "score",
                "has_budget",
                "has_need",
                "has_timeline",
                "has_authority",
                "budget_status",
                "next_step_at",
            ]
        )
    }}
{%- endmacro %}

{% macro lead_fixed_fields() -%}
    {#- Those that a criterion may name besides and that have no history: field -> its text. A lead is neither deleted nor
        merged away. -#}
    {{
        return(
            {
                "native_id": "leads.native_id",
                "created_at": "cast(leads.created_at as varchar)",
                "updated_at": "cast(leads.updated_at as varchar)",
                "is_deleted": "'false'",
                "merged_into_id": "''",
            }
        )
    }}
{%- endmacro %}

{% macro lead_number_fields() -%} {{ return(["employee_count", "annual_revenue", "score"]) }} {%- endmacro %}

{% macro lead_id_fields() -%}
    {#- Their ids carry the source in the warehouse (`salesforce:005…`); definitions name them as the CRM does. -#}
    {{
        return(
            [
                "campaign_id",
                "owner_id",
                "converted_contact_id",
                "converted_account_id",
                "converted_opportunity_id",
            ]
        )
    }}
{%- endmacro %}

{% macro lead_field_text(field, value_fields) -%}
    {#- The text of the field of that name of the row `leads`, of int_lead. -#}
    case
        {{ field }}
        {% for name in value_fields %}
            when '{{ name }}'
            then
                {% if name in lead_number_fields() %} {{ plain_text("leads." ~ name) }}
                {% elif name in lead_id_fields() %} {{ native_id_of("leads." ~ name) }}
                {% else %} cast(leads.{{ name }} as varchar)
                {% endif %}
        {% endfor %}
        {% for name, text in lead_fixed_fields().items() %} when '{{ name }}' then {{ text }} {% endfor %}
    end
{%- endmacro %}

{% macro icp_dimensions() -%}
    {#- Dimension of the ideal customer profile -> field of the lead. -#}
    {{
        return(
            {
                "employee_count": "employee_count",
                "annual_revenue": "annual_revenue",
                "industry": "industry",
                "country": "country",
                "technology": "technology",
                "growth_stage": "growth_stage",
                "persona": "job_title",
                "trigger_event": "trigger_event",
            }
        )
    }}
{%- endmacro %}

{% macro holds(text, operator, value) -%}
    {#- Does a condition of the definitions hold for a value given as text? A value that is not there is the empty text;
        numbers are compared as numbers, days and times as such, everything else without case. A multi-select (`a;b`) is
        in a list when one of its parts is. A number is given as plain_text writes it. -#}
    case
        {{ operator }}
        when '>='
        then
            coalesce(
                try_cast({{ text }} as double) >= try_cast({{ value }} as double),
                try_cast({{ text }} as timestamp) >= try_cast({{ value }} as timestamp),
                false
            )
        when '<='
        then
            coalesce(
                try_cast({{ text }} as double) <= try_cast({{ value }} as double),
                try_cast({{ text }} as timestamp) <= try_cast({{ value }} as timestamp),
                false
            )
        when '='
        then
            coalesce(
                try_cast({{ text }} as double) = try_cast({{ value }} as double),
                try_cast({{ text }} as timestamp) = try_cast({{ value }} as timestamp),
                lower(trim({{ text }})) = lower(coalesce({{ value }}, ''))
            )
        when 'is'
        then lower(trim({{ text }})) in (lower(coalesce({{ value }}, '')), coalesce({{ plain_text(value) }}, ''))
        when 'between'
        then
            coalesce(
                {% for kind in ["double", "timestamp"] %}
                    try_cast(
                        {{ text }} as {{ kind }}
                    ) between try_cast(trim(split_part({{ value }}, '|', 1)) as {{ kind }}) and try_cast(
                        trim(split_part({{ value }}, '|', 2)) as {{ kind }}
                    ),
                {% endfor %}
                false
            )
        when 'in'
        then {{ in_list(text, value) }}
        when 'not_in'
        then not {{ in_list(text, value) }}
        when 'contains'
        then {{ contains_any(text, value) }}
        when 'regex'
        then {{ regex_full_match(text, value) }}
        else false
    end
{%- endmacro %}

{% macro in_list(text, value) -%}
    (
        list_contains({{ split_list(value) }}, lower(trim({{ text }})))
        or list_contains(
            list_transform({{ split_list(value) }}, lambda part:{{ plain_text("part") }}), lower(trim({{ text }}))
        )
        or (
            contains({{ text }}, ';')
            and list_has_any(
                {{ split_list(value) }}, list_transform(string_split(lower({{ text }}), ';'), lambda part:trim(part))
            )
        )
    )
{%- endmacro %}

{% macro contains_any(text, value) -%}
    coalesce(
        list_bool_or(list_transform({{ split_list(value) }}, lambda part:contains(lower({{ text }}), part))), false
    )
{%- endmacro %}

{% macro plain_text(value) -%}
    {#- Any value as the text a person would write: 1623 rather than 1623.000. -#}
    trim(
        case
            when cast({{ value }} as varchar) like '%.%' and try_cast({{ value }} as double) is not null
            then rtrim(rtrim(cast({{ value }} as varchar), '0'), '.')
            else cast({{ value }} as varchar)
        end
    )
{%- endmacro %}

{% macro merged_beginning() -%}
    {#- The common table of duplicates that were merged away (of int_lead_alias, as alias) and when their history begins:
        it tells of a creation that was never delivered, and of one that the CRM dates too late. -#}
    merged_beginning as (
        select alias.record_id, min(change.changed_at) as begun_at
        from alias
        inner join {{ ref("int_lead_change") }} as change on alias.record_id = change.record_id
        where alias.record_id <> alias.survivor_id
        group by alias.record_id
    )
{%- endmacro %}

{% macro is_opening_value(change, created_at) -%}
    {#- A history may open with the first value itself, which changes nothing; Salesforce's does not. -#}
    (
        {{ change }}.source_system <> 'salesforce'
        and nullif(trim({{ change }}.old_value), '') is null
        and {{ change }}.changed_at <= {{ created_at }} + interval '1' minute
    )
{%- endmacro %}

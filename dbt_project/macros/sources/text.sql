{% macro extract_regex(column, pattern, group=1) -%}
    {#- A group of the first match, null where there is none. -#}
    nullif(regexp_extract({{ column }}, '{{ pattern }}', {{ group }}), '')
{%- endmacro %}

{% macro full_name(first_name, last_name) -%}
    {#- Both names, or the one there is; null where there is none. -#}
    nullif(trim(concat_ws(' ', {{ first_name }}, {{ last_name }})), '')
{%- endmacro %}

{% macro lower_end(column) -%}
    {#- The lower end of a range as a form writes it (`51-200`, `10,001+`), without separators; null where it is none. -#}
    replace({{ extract_regex(column, "^ *([0-9][0-9,]*) *(?:[+]|-.*)?$") }}, ',', '')
{%- endmacro %}

{% macro each_id(column) -%}
    {#- In a select list: one row per id of a list written as text (`[1, 2]`, `1;2`, `[{"id": 1, "type": …}]`). -#}
    unnest(
        case
            when strpos({{ column }}, chr(123)) > 0
            then regexp_extract_all({{ column }}, '"id"\s*:\s*"?([^",}\s]+)', 1)
            else regexp_extract_all({{ column }}, '[^][;,|" ]+')
        end
    )
{%- endmacro %}

{% macro newest_associations(column) -%}
    {#- The newest version of each HubSpot deal that tells its associations with contacts or companies. -#}
    select
        'hubspot:' || raw.native_id as opportunity_record_id,
        raw.{{ column }},
        raw.version_at,
        delivery.delivery_rank,
        raw._line as record_line
    from {{ source("hubspot", "deal") }} as raw
    inner join
        {{ ref("stg_quality__delivery") }} as delivery
        on raw._delivery_id = delivery.delivery_id
        and not delivery.is_past_snapshot
    where raw.{{ column }} is not null
    qualify {{ newest_version("raw.native_id") }}
{%- endmacro %}

{% macro url_parameter(column, name) -%}
    {#- A parameter of a URL's query or fragment; null where it is absent. Decoded where it is percent-encoded UTF-8 without NUL; another encoding,
        or a bare percent sign, stays as it stands. -#}
    {%- set value -%}
        replace(regexp_extract({{ column }}, '[?&#]{{ name }}=([^&#]*)', 1), '+', ' ')
    {%- endset -%}
    {%- set digit = "[0-9A-F]" -%}
    {%- set next = "%[89AB]" ~ digit -%}
    {%- set characters = [
        "[^%]",
        "%0[1-9A-F]",
        "%[1-7]" ~ digit,
        "%C[2-9A-F]" ~ next,
        "%D" ~ digit ~ next,
        "%E0%[AB]" ~ digit ~ next,
        "%E[1-9ABCEF]" ~ next ~ next,
        "%ED%[89]" ~ digit ~ next,
        "%F0%[9AB]" ~ digit ~ next ~ next,
        "%F[1-3]" ~ next ~ next ~ next,
        "%F4%8" ~ digit ~ next ~ next,
    ] -%}
    nullif(
        case
            when {{ regex_full_match(value, "'(?:" ~ characters | join("|") ~ ")*'") }}
            then url_decode({{ value }})
            else {{ value }}
        end,
        ''
    )
{%- endmacro %}

{% macro click_id(column) -%}
    {#- The click id that an ads platform left in a URL's query or fragment; null where it left none. -#}
    nullif(
        regexp_extract(
            {{ column }}, '[?&#](?:gclid|gbraid|wbraid|dclid|msclkid|fbclid|li_fat_id|ttclid|twclid)=([^&#]*)', 1
        ),
        ''
    )
{%- endmacro %}

{% macro json_string() -%}
    {#- A pattern: a JSON string, its inside as the group. -#}
    {{ return('"((?:[^"\\\\]|\\\\.)*)"') }}
{%- endmacro %}

{% macro unescaped(text) -%}
    {#- The inside of a JSON string as it is meant (`\u00fc`, `\"`). -#}
    case
        when strpos({{ text }}, chr(92)) > 0 then json_extract_string('"' || {{ text }} || '"', '$') else {{ text }}
    end
{%- endmacro %}

{% macro json_text(column, key) -%}
    {#- The text of a key of a JSON object, or of the `value` whose `name` is the key in a JSON list; null where it is absent or no JSON. -#}
    {%- set text -%}
        regexp_extract({{ column }}, '"(?:name|key)"\s*:\s*"{{ key }}"\s*,\s*"value"\s*:\s*{{ json_string() }}', 1)
    {%- endset -%}
    case
        when not json_valid({{ column }})
        then null
        when json_type({{ column }}) = 'OBJECT'
        then json_extract_string({{ column }}, '$."{{ key }}"')
        else
            nullif(
                {{ unescaped(text) }} || regexp_extract(
                    {{ column }}, '"(?:name|key)"\s*:\s*"{{ key }}"\s*,\s*"value"\s*:\s*([^",}\s][^",}]*)', 1
                ),
                ''
            )
    end
{%- endmacro %}

{% macro primary_name(column) -%}
    {#- The name in a JSON list of {id, name, primary}: the primary one's, else the first one's. Other text as it stands. -#}
    {%- set primary = "regexp_extract(" ~ column ~ ", '\\{[^{}]*\"primary\"\\s*:\\s*true[^{}]*\\}', 0)" -%}
    {%- set name -%} '"name"\s*:\s*"([^"]*)"' {%- endset -%}
    case
        when {{ column }} like '[%'
        then
            coalesce(
                nullif(regexp_extract({{ primary }}, {{ name }}, 1), ''),
                nullif(regexp_extract({{ column }}, {{ name }}, 1), '')
            )
        else {{ column }}
    end
{%- endmacro %}

{% macro json_parameter(column, key) -%}
    {#- A parameter of GA4's event_params: a JSON list of {key, value: {string_value, int_value, …}}, whose other values are null. -#}
    {%- set pattern -%}
        "key"\s*:\s*"{{ key }}"\s*,\s*"value"\s*:\s*\{[^}]*?_value"\s*:\s*(?:{{ json_string() }}|([0-9.-]+))
    {%- endset -%}
    {%- set text -%} regexp_extract({{ column }}, '{{ pattern }}', 1) {%- endset -%}
    nullif({{ unescaped(text) }} || regexp_extract({{ column }}, '{{ pattern }}', 2), '')
{%- endmacro %}

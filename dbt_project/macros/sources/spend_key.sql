{% macro spend_key(platform) -%}
    {#- What makes a row of an ads report unique: day, campaign and every breakdown the report may carry; a report
        without campaign ids has their names, which are unique within an account. Expects `raw`. -#}
    concat_ws(
        '|',
        '{{ platform }}',
        cast(raw.spend_date as {{ dbt.type_string() }})
        {%- for part in ["campaign_id", "ad_group_id", "ad_id", "device", "network", "breakdown"] %}
            ,
            coalesce(
                raw.{{ part }},
                {% if part == "campaign_id" %} concat_ws('|', raw.account_id, raw.campaign_name), {% endif %} ''
            )
        {%- endfor %}
    )
{%- endmacro %}

{% macro spend_breakdown(parts=["ad_group_id", "ad_id", "device", "network", "breakdown"]) -%}
    {#- The breakdowns that a row's delivery carries of its campaign's day, a bit each. Expects `raw`. -#}
    {%- for part in parts %}
        max(case when raw.{{ part }} is not null then {{ 2**loop.index0 }} else 0 end) over (
            partition by raw._delivery_id, raw.spend_date, raw.campaign_id, raw.campaign_name
        )
        {{- "" if loop.last else " + " }}
    {%- endfor %}
{%- endmacro %}

-- Grain: one row per delivered activity of the kinds Handoff reads: form fills (2), e-mail clicks (11), changed values
-- (13), changed scores (22), merges (32), deletions (37), changed program statuses (104). Exports carry an activity's
-- details as JSON, loaders as columns of one table per kind.
{%- set kinds = {
    "fill out form": 2,
    "click email": 11,
    "change data value": 13,
    "change score": 22,
    "merge leads": 32,
    "delete lead": 37,
    "change status in progression": 104,
} %}
{%- set named_kind -%}
    case
        lower(raw.activity_type)
        {%- for name, type_id in kinds.items() %} when '{{ name }}' then {{ type_id }}{% endfor %}
    end
{%- endset %}
{%- set parts = {
    "activity": "coalesce(raw.activity_type_id, " ~ named_kind ~ ")",
    "activity_fill_out_form": "2",
    "activity_click_email": "11",
    "activity_change_data_value": "13",
    "activity_change_score": "22",
    "activity_merge_leads": "32",
    "activity_delete_lead": "37",
    "activity_change_status_in_progression": "104",
} %}
with
    delivered as (
        {% for part, type_id in parts.items() %}
            select
                raw.native_id,
                cast({{ type_id }} as bigint) as activity_type_id,
                raw.lead_id,
                raw.happened_at,
                raw.primary_attribute_value,
                raw.primary_attribute_value_id,
                coalesce(raw.old_value, {{ json_text("raw.details", "Old Value") }}) as old_value,
                coalesce(raw.new_value, {{ json_text("raw.details", "New Value") }}) as new_value,
                coalesce(raw.merge_ids, {{ json_text("raw.details", "Merge IDs") }}) as merge_ids,
                coalesce(
                    raw.link, {{ json_text("raw.details", "Link") }}, {{ json_text("raw.details", "Referrer URL") }}
                ) as page,
                coalesce(raw.query, {{ json_text("raw.details", "Query Parameters") }}) as query,
                coalesce(raw.is_success, lower({{ json_text("raw.details", "Success") }}) = 'true') as is_success,
                raw.version_at,
                delivery.delivery_rank,
                raw._line as record_line
            from {{ source("marketo", part) }} as raw
            inner join
                {{ ref("stg_quality__delivery") }} as delivery
                on raw._delivery_id = delivery.delivery_id
                and not delivery.is_past_snapshot
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select
    coalesce(
        native_id,
        concat_ws(
            '|',
            lead_id,
            cast(activity_type_id as {{ dbt.type_string() }}),
            cast(happened_at as {{ dbt.type_string() }})
        )
    ) as native_id,
    activity_type_id,
    'marketo:' || lead_id as lead_id,
    happened_at,
    primary_attribute_value,
    primary_attribute_value_id,
    old_value,
    new_value,
    merge_ids,
    -- of a form, Marketo tells the query beside the page; where both name a source, the query is the form's own
    case
        when query is null
        then page
        when query like '%utm_%' or query like '%clid=%'
        then concat_ws('?', split_part(coalesce(page, ''), '?', 1), query)
        else concat_ws(case when page like '%?%' then '&' else '?' end, coalesce(page, ''), query)
    end as link,
    is_success,
    version_at,
    delivery_rank,
    record_line
from delivered
where activity_type_id in ({{ kinds.values() | join(", ") }})

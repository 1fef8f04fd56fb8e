{% macro ads_campaign(source_system) -%}
    {#- The campaigns of an ads platform, which all ads mappings name alike. -#}
    select
        '{{ source_system }}:' || raw.native_id as record_id,
        '{{ source_system }}' as source_system,
        raw.native_id,
        raw.name,
        raw.type,
        raw.starts_on,
        raw.ends_on,
        raw.budget,
        raw.actual_cost,
        '{{ source_system }}:' || raw.parent_id as parent_id,
        coalesce(raw.is_deleted, false) as is_deleted,
        raw.currency,
        '{{ source_system }}' as platform,
        raw.version_at,
        delivery.delivery_rank,
        raw._line as record_line,
        raw.attributes
    from {{ source(source_system, "campaign") }} as raw
    inner join
        {{ ref("stg_quality__delivery") }} as delivery
        on raw._delivery_id = delivery.delivery_id
        and not delivery.is_past_snapshot
{%- endmacro %}

{% macro join_newest_snapshot(relation, is_mapped=true) -%}
    {#- For is_gone_from_snapshot: the keys that an object declared as full snapshots has now, those of rows that could not be parsed among
        them. No rows for others. The relation of mapped sources holds several objects. Expects the alias `raw`. -#}
    left join
        (
            select {% if is_mapped -%} listed.source_system, listed.object, {%- endif %} listed.native_id
            from {{ relation }} as listed
            inner join
                {{ ref("stg_quality__delivery") }} as newest
                on listed._delivery_id = newest.delivery_id
                and newest.is_snapshot
                and not newest.is_past_snapshot
            union
            select {% if is_mapped -%} source_system, object, {%- endif %} native_id
            from {{ source("control", "unread_record") }}
            {% if not is_mapped -%} where source_system || '__' || object = '{{ relation.identifier }}' {%- endif %}
        ) as present
        on raw.native_id = present.native_id
        {%- if is_mapped %} and raw.source_system = present.source_system and raw.object = present.object {%- endif %}
{%- endmacro %}

{% macro is_gone_from_snapshot() -%}
    {#- Whether the record of `raw` is missing from what its object's snapshots say now. Records without a key (touches, spend) are as gone as the
        file they stand in. -#}
    (delivery.is_past_snapshot and present.native_id is null)
{%- endmacro %}

{% macro is_deleted(by_activity=false) -%}
    {#- Whether the record of `raw` is deleted: as the source says, a loader, or the snapshots. In history mode (`by_activity`) a loader ends a
        record's newest version instead. -#}
    coalesce(raw.is_deleted, false) or coalesce(raw.fivetran_deleted, false)
    {% if by_activity -%} or not coalesce(raw.fivetran_active, true) {%- endif %} or {{ is_gone_from_snapshot() }}
{%- endmacro %}

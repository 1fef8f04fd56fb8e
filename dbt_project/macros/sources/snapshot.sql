{% macro is_gone_from_snapshot(relation, is_mapped=true) -%}
    {#- For an object declared as full snapshots: whether the record of `raw` is missing from its newest file. Records without a key
        (touches, spend) are as gone as the file they stand in. Expects the aliases `raw` and `delivery`. The relation of mapped sources
        holds several objects. -#}
    (
        delivery.is_snapshot
        and not delivery.is_newest_snapshot
        and not exists (
            select 1
            from {{ relation }} as present
            inner join
                {{ ref("stg_quality__delivery") }} as newest
                on present._delivery_id = newest.delivery_id
                and newest.is_newest_snapshot
            where
                present.native_id = raw.native_id
                {%- if is_mapped %}
                    and present.source_system = raw.source_system and present.object = raw.object
                {%- endif %}
        )
    )
{%- endmacro %}

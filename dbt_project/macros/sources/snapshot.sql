{% macro is_gone_from_snapshot(relation) -%}
    {#- For a source declared as full snapshots: whether the record of `raw` is missing from its object's newest file. Records without a
        key (touches, spend) are as gone as the file they stand in. Expects the aliases `raw` and `delivery`. -#}
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
                present.source_system = raw.source_system
                and present.object = raw.object
                and present.native_id = raw.native_id
        )
    )
{%- endmacro %}

{% macro elders(records) -%}
    {#- Common table expressions that lead a record to the first of its kin in the systems: of each the nearest senior
    among its `pairs` (record_id, other_id, strength), then that one's, four times over, so that a chain of 16 systems
    ends in one. `records` has record_id, source_system, system_rank and created_at. Leaves `elder`. -#}
    parent as (
        select pairs.record_id, pairs.other_id as parent_id
        from pairs
        inner join {{ records }} as child on pairs.record_id = child.record_id
        inner join {{ records }} as senior on pairs.other_id = senior.record_id
        where
            senior.system_rank < child.system_rank
            or (senior.system_rank = child.system_rank and senior.source_system < child.source_system)
        qualify
            row_number() over (
                partition by pairs.record_id
                order by
                    pairs.strength,
                    senior.system_rank,
                    senior.source_system,
                    senior.created_at nulls last,
                    senior.record_id
            )
            = 1
    ),

    {% for i in range(4) %}
        {{ "elder" if loop.last else "parent_" ~ i }} as (
            select near.record_id, coalesce(far.parent_id, near.parent_id) as parent_id
            from {{ "parent" if i == 0 else "parent_" ~ (i - 1) }} as near
            left join {{ "parent" if i == 0 else "parent_" ~ (i - 1) }} as far on near.parent_id = far.record_id
        ){{ "," if not loop.last }}
    {% endfor %}
{%- endmacro %}

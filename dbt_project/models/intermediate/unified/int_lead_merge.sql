-- Grain: one row per merge of two records. Chains are followed where identities are built; a loser may name several
-- survivors only where a source contradicts itself.
{% set objects = ["lead", "contact", "account", "opportunity"] %}
with
    salesforce_style as (
        {% for object in objects %}
            select record_id as loser_id, merged_into_id as survivor_id, '{{ object }}' as object
            from {{ ref("int_" ~ object ~ "_record") }}
            where merged_into_id is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    listed as (
        {% for object in objects %}
            select
                source_system,
                {{ each_id("merged_ids") }} as native_id,
                record_id as survivor_id,
                '{{ object }}' as object
            from {{ ref("int_" ~ object ~ "_record") }}
            where merged_ids is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    listed_losers as (select source_system || ':' || native_id as loser_id, survivor_id, object from listed),

    final as (
        select *
        from salesforce_style
        union
        select *
        from listed_losers
        union
        select loser_id, survivor_id, object
        from {{ ref("stg_hubspot__merge") }}
        union
        select loser_id, survivor_id, object
        from {{ ref("stg_marketo__merge") }}
    )

select loser_id, survivor_id, object
from final
where loser_id != survivor_id

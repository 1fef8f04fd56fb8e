-- Grain: one row per opportunity record of any source, newest version; also deleted ones, and as deleted those merged
-- away. stage is the CRM's value.
{% set columns = [
    "record_id",
    "source_system",
    "native_id",
    "name",
    "account_id",
    "contact_id",
    "lead_id",
    "owner_id",
    "campaign_id",
    "lead_source",
    "stage",
    "opportunity_type",
    "amount",
    "currency",
    "close_date",
    "loss_reason",
    "competitor",
    "created_at",
    "updated_at",
    "is_deleted",
    "pipeline",
    "synced_opportunity_id",
    "merged_ids",
    "attributes",
] %}

with
    delivered as (
        {% for part in ["stg_salesforce__opportunity", "stg_hubspot__deal", "stg_mapped__opportunity"] %}
            select {{ columns | join(", ") }}, version_at, delivery_rank, record_line
            from {{ ref(part) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    newest as (select * from delivered qualify {{ newest_version("record_id") }}),

    listed as (
        select record_id as survivor_id, source_system, {{ each_id("merged_ids") }} as loser_native_id
        from newest
        where merged_ids is not null
    ),

    deal_merge as (
        select loser_id, survivor_id
        from {{ ref("stg_hubspot__merge") }}
        where object = 'opportunity'
        union
        select source_system || ':' || loser_native_id as loser_id, survivor_id
        from listed
    ),

    -- a survivor may list itself, and be merged away in its turn; two that list each other both stay
    merged_away as (
        select distinct deal_merge.loser_id
        from deal_merge
        left join
            deal_merge as reversed
            on deal_merge.loser_id = reversed.survivor_id
            and deal_merge.survivor_id = reversed.loser_id
        where deal_merge.loser_id <> deal_merge.survivor_id and reversed.loser_id is null
    ),

    final as (
        select
            {{ columns | reject("equalto", "is_deleted") | join(", ") }},
            version_at,
            is_deleted or merged_away.loser_id is not null as is_deleted
        from newest
        left join merged_away on newest.record_id = merged_away.loser_id
    )

select *
from final

-- Grain: one row per delivered entry of a deal into a stage, from the deal's stages or from the history of its
-- property dealstage.
with
    delivered as (
        select
            record_id,
            stage,
            amount,
            changed_at,
            coalesce(is_deleted, false) or coalesce(fivetran_deleted, false) as is_deleted,
            version_at,
            _delivery_id,
            _line
        from {{ source("hubspot", "deal_stage") }}
        union all
        select record_id, stage, null as amount, changed_at, false as is_deleted, version_at, _delivery_id, _line
        from {{ source("hubspot", "deal_property_history") }}
        where lower(property) = 'dealstage' and stage is not null and changed_at is not null
    )

select
    'hubspot:'
    || raw.record_id
    || '|'
    || cast(raw.changed_at as {{ dbt.type_string() }})
    || '|'
    || raw.stage as change_id,
    'hubspot:' || raw.record_id as record_id,
    'hubspot' as source_system,
    coalesce(pipeline_stage.stage, raw.stage) as stage,
    raw.amount,
    raw.changed_at,
    cast(null as {{ dbt.type_string() }}) as sequence,
    raw.is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from delivered as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
left join {{ ref("int_hubspot_pipeline_stage") }} as pipeline_stage on raw.stage = pipeline_stage.stage_id

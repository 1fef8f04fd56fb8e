-- Grain: one row per delivered entry of a deal into a stage.
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
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("hubspot", "deal_stage") }} as raw
inner join {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
left join {{ ref("int_hubspot_pipeline_stage") }} as pipeline_stage on raw.stage = pipeline_stage.stage_id
where not coalesce(raw.is_deleted, false) and not coalesce(raw.fivetran_deleted, false)

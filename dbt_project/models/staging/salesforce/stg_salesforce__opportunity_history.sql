-- Grain: one row per delivered history row of an opportunity. Amount and date changes repeat the stage.
select
    'salesforce:' || raw.native_id || '@' || cast(raw.changed_at as {{ dbt.type_string() }}) as change_id,
    'salesforce:' || raw.record_id as record_id,
    'salesforce' as source_system,
    raw.stage,
    raw.amount,
    raw.changed_at,
    raw.native_id as sequence,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("salesforce", "opportunity_history") }} as raw
inner join {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
where not coalesce(raw.is_deleted, false)

-- Grain: one row per delivered version of a program.
select
    'marketo:' || raw.native_id as record_id,
    'marketo' as source_system,
    raw.native_id,
    raw.name,
    raw.type,
    raw.starts_on,
    raw.ends_on,
    raw.budget,
    raw.actual_cost,
    'marketo:' || raw.parent_id as parent_id,
    coalesce(raw.is_deleted, false) or coalesce(raw.fivetran_deleted, false) as is_deleted,
    raw.currency,
    'marketo' as platform,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("marketo", "program") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

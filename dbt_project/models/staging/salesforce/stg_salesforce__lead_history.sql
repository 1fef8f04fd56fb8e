-- Grain: one row per delivered field change of a lead. Salesforce writes a change of owner twice, with the names and
-- with the ids: only the row with the ids stands here.
select
    'salesforce:' || raw.native_id as change_id,
    'salesforce:' || raw.record_id as record_id,
    'salesforce' as source_system,
    raw.field,
    case
        when raw.field = 'owner_id'
        then 'salesforce:' || {{ salesforce_id("raw.old_value") }}
        else coalesce(raw.old_value, raw.old_value_boolean, raw.old_value_number)
    end as old_value,
    case
        when raw.field = 'owner_id'
        then 'salesforce:' || {{ salesforce_id("raw.new_value") }}
        else coalesce(raw.new_value, raw.new_value_boolean, raw.new_value_number)
    end as new_value,
    raw.changed_at,
    'salesforce:' || raw.changed_by as changed_by,
    raw.native_id as sequence,
    coalesce(raw.is_deleted, false) as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("salesforce", "lead_history") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
where
    raw.field != 'owner_id'
    or {{ regex_full_match("coalesce(raw.new_value, raw.old_value)", "'00[5G](?:[A-Z0-9]{12}|[A-Z0-9]{15})'") }}

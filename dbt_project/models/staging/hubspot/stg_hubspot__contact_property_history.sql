-- Grain: one row per delivered value of a contact property. property is the canonical field, except for the two that
-- together are the status: lifecyclestage and hs_lead_status.
select
    'hubspot:' || raw.record_id as record_id,
    lower(raw.field) as property,
    case
        when raw.field = 'owner_id'
        then 'hubspot:' || raw.new_value
        when lower(raw.field) = 'employee_count'
        then coalesce({{ lower_end("raw.new_value") }}, raw.new_value)
        else raw.new_value
    end as value,
    raw.changed_at,
    -- an author who is named as a user was one
    case
        when raw.change_source is null and lower(raw.changed_by) like 'userid:%'
        then 'CRM_UI'
        else upper(raw.change_source)
    end as change_source,
    {{ extract_regex("raw.changed_by", "([0-9]+)") }} as user_id,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("hubspot", "contact_property_history") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
where raw.changed_at is not null

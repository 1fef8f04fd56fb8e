-- Grain: one row per delivered version of a task. The subtype decides the type, then the type's own text. A call is
-- inbound where CallType says so, an e-mail where its type does; a completed task happened when it was completed.
with
    task as (
        select
            raw.*,
            lower(coalesce(raw.type, '')) as type_text,
            lower(coalesce(raw.task_subtype, '')) as subtype_text,
            coalesce(raw.is_closed, lower(raw.status) = 'completed', false) as is_done
        from {{ source("salesforce", "task") }} as raw
    )

select
    'salesforce:' || raw.native_id as activity_id,
    'salesforce' as source_system,
    case
        when raw.subtype_text in ('call', 'email', 'listemail')
        then case raw.subtype_text when 'call' then 'call' else 'email' end
        when raw.type_text like '%call%'
        then 'call'
        when raw.type_text like '%email%' or raw.type_text like '%e-mail%'
        then 'email'
        when raw.type_text like '%meeting%'
        then 'meeting'
        when raw.call_type is not null or (raw.type is null and lower(raw.subject) = 'call')
        then 'call'
        -- an e-mail that Salesforce logs by itself has no type, but this subject
        when raw.type is null and lower(raw.subject) like 'email:%'
        then 'email'
        else 'task'
    end as type,
    case
        when lower(raw.call_type) like 'in%' and lower(raw.call_type) != 'internal' or raw.type_text like '%inbound%'
        then 'inbound'
        when lower(raw.call_type) = 'internal'
        then 'internal'
        else 'outbound'
    end as direction,
    raw.status,
    raw.is_done as is_completed,
    cast(null as timestamp) as takes_place_at,
    'salesforce:' || raw.owner_id as owner_id,
    'salesforce:' || raw.person_id as person_record_id,
    'salesforce:' || raw.record_id as related_record_id,
    raw.subject,
    case when raw.is_done then coalesce(raw.completed_at, raw.created_at) else raw.created_at end as happened_at,
    raw.completed_at,
    raw.created_at,
    raw.outcome,
    {{ is_deleted(by_activity=true) }} as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from task as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery on raw._delivery_id = delivery.delivery_id
    {{ join_newest_snapshot(source("salesforce", "task"), is_mapped=false) }}

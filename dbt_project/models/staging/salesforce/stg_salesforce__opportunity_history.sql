-- Grain: one row per delivered history row of an opportunity. Amount and date changes repeat the stage. Without such
-- rows the tracked changes of the field StageName tell the stages; before the first of them its old value held, from
-- the creation, or from the change itself where that is no later.
with
    field_change as (
        select
            raw.native_id,
            raw.record_id,
            raw.old_value,
            raw.new_value,
            raw.changed_at,
            raw.is_deleted,
            raw.version_at,
            raw._delivery_id,
            raw._line,
            delivery.delivery_rank,
            raw._line as record_line
        from {{ source("salesforce", "opportunity_field_history") }} as raw
        left join
            (
                select distinct raw.record_id
                from {{ source("salesforce", "opportunity_history") }} as raw
                inner join
                    {{ ref("stg_quality__delivery") }} as delivery
                    on raw._delivery_id = delivery.delivery_id
                    and not delivery.is_past_snapshot
            ) as told
            on raw.record_id = told.record_id
        inner join
            {{ ref("stg_quality__delivery") }} as delivery
            on raw._delivery_id = delivery.delivery_id
            and not delivery.is_past_snapshot
        where lower(raw.field) in ('stagename', 'stage') and told.record_id is null
        qualify {{ newest_version("raw.native_id") }}
    ),

    created as (
        select native_id, created_at
        from {{ ref("stg_salesforce__opportunity") }}
        qualify {{ newest_version("record_id") }}
    ),

    first_change as (
        select *
        from field_change
        where not coalesce(is_deleted, false)
        qualify row_number() over (partition by record_id order by changed_at, native_id) = 1
    ),

    delivered as (
        select
            native_id,
            record_id,
            stage,
            amount,
            -- a loader's own time is that of a change where the row is the deal as it was, else of its synchronisation
            case when native_id = record_id then changed_at else coalesce(created_at, changed_at) end as changed_at,
            is_deleted,
            version_at,
            _delivery_id,
            _line
        from {{ source("salesforce", "opportunity_history") }}
        union all
        select
            native_id,
            record_id,
            new_value as stage,
            null as amount,
            changed_at,
            is_deleted,
            version_at,
            _delivery_id,
            _line
        from field_change
        union all
        select
            first_change.record_id as native_id,
            first_change.record_id,
            first_change.old_value as stage,
            null as amount,
            least(created.created_at, first_change.changed_at) as changed_at,
            false as is_deleted,
            first_change.version_at,
            first_change._delivery_id,
            first_change._line
        from first_change
        inner join created on first_change.record_id = created.native_id
        where first_change.old_value is not null
    )

select
    -- the rows of a loader that keeps the history of the deals themselves go by the deal's id
    'salesforce:'
    || raw.native_id
    || case
        when raw.native_id = raw.record_id then '@' || cast(raw.changed_at as {{ dbt.type_string() }}) else ''
    end as change_id,
    'salesforce:' || raw.record_id as record_id,
    'salesforce' as source_system,
    raw.stage,
    raw.amount,
    raw.changed_at,
    -- the row that is the deal's own comes before its changes
    case when raw.native_id = raw.record_id then '' else raw.native_id end as sequence,
    coalesce(raw.is_deleted, false) as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from delivered as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot

-- Grain: one row per entry of a lead into rejected, with its reason: the one the record carried then by its field
-- history, unless it is left over from the rejection before and another one is entered now; else the first one entered
-- while it was rejected, else the record's current one. reason: one of rejection_reasons.csv, `unmapped` for a text it
-- does not know, `missing` without one. A text that the file gives to one reason is not the name of another.
with
    rejections as (
        select
            lead_id,
            entered_at as rejected_at,
            coalesce(exited_at, timestamp '9999-12-31 00:00:00') as rejected_to,
            row_number() over (partition by lead_id order by entry_number) as rejection_number,
            lag(exited_at) over (partition by lead_id order by entry_number) as taken_back_at
        from {{ ref("int_lead_stage_event") }}
        where basis = 'crm' and stage = 'rejected'
    ),

    changes as (
        select
            alias.lead_id,
            -- an emptied reason is a value too: max_by passes over nulls
            coalesce(trim(change.old_value), '') as old_value,
            coalesce(trim(change.new_value), '') as new_value,
            change.changed_at,
            row_number() over (
                partition by alias.lead_id order by change.changed_at, change.sequence, change.record_id
            ) as change_number
        from {{ ref("int_lead_change") }} as change
        inner join {{ ref("int_lead_alias") }} as alias on change.record_id = alias.record_id
        where change.field = 'rejection_reason'
    ),

    history as (
        select
            rejections.lead_id,
            rejections.rejection_number,
            max_by(
                changes.new_value, case when changes.changed_at <= rejections.rejected_at then changes.change_number end
            ) as value_then,
            count(case when changes.changed_at <= rejections.rejected_at then 1 end) as changes_before,
            -- what was there before any change on record was there at the rejection before
            coalesce(
                coalesce(
                    max(case when changes.changed_at <= rejections.rejected_at then changes.changed_at end),
                    timestamp '0001-01-01 00:00:00'
                )
                < min(rejections.taken_back_at),
                false
            ) as is_left_over,
            min_by(
                changes.new_value,
                case
                    when
                        changes.changed_at > rejections.rejected_at
                        and changes.changed_at < rejections.rejected_to
                        and changes.new_value <> ''
                    then changes.change_number
                end
            ) as value_entered_later,
            min_by(
                changes.old_value, case when changes.changed_at > rejections.rejected_at then changes.change_number end
            ) as value_before_change
        from rejections
        inner join changes on rejections.lead_id = changes.lead_id
        group by rejections.lead_id, rejections.rejection_number
    ),

    worded as (
        select
            rejections.lead_id,
            rejections.rejection_number,
            rejections.rejected_at,
            coalesce(
                case when history.is_left_over then history.value_entered_later end,
                nullif(
                    case when history.changes_before > 0 then history.value_then else history.value_before_change end,
                    ''
                ),
                history.value_entered_later,
                nullif(trim(leads.rejection_reason), '')
            ) as reason_text
        from rejections
        inner join {{ ref("int_lead") }} as leads on rejections.lead_id = leads.lead_id
        left join
            history on rejections.lead_id = history.lead_id and rejections.rejection_number = history.rejection_number
    ),

    taxonomy as (
        select text_key, coalesce(min(case when is_listed then reason end), min(reason)) as reason
        from
            (
                select crm_value_key as text_key, reason, true as is_listed
                from {{ ref("stg_definitions__rejection_reasons") }}
                union all
                select lower(reason) as text_key, reason, false as is_listed
                from {{ ref("stg_definitions__rejection_reasons") }}
            ) as listed
        group by text_key
    ),

    final as (
        select
            worded.lead_id,
            worded.rejection_number,
            worded.rejected_at,
            worded.reason_text,
            case when worded.reason_text is null then 'missing' else coalesce(taxonomy.reason, 'unmapped') end as reason
        from worded
        left join taxonomy on lower(worded.reason_text) = taxonomy.text_key
    )

select *
from final

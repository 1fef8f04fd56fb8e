-- Grain: one row per (week of the decision, owner) with a rejection that gives no agreed reason.
with
    rejections as (select * from {{ ref("metric_handoff") }} where decision = 'rejected'),

    owners as (select * from {{ ref("dim_owner") }}),

    final as (
        select
            {{ period_start("week", "rejections.decided_on") }} as week_start,
            rejections.owner_id,
            coalesce(max(owners.name), rejections.owner_id, 'no owner') as owner_name,
            cast(count(*) as bigint) as rejected,
            {{ count_if("coalesce(rejections.rejection_reason, 'missing') = 'missing'") }} as missing,
            {{ count_if("rejections.rejection_reason = 'unmapped'") }} as unmapped
        from rejections
        left join owners on rejections.owner_id = owners.owner_id
        group by {{ period_start("week", "rejections.decided_on") }}, rejections.owner_id
        having {{ count_if("coalesce(rejections.rejection_reason, 'missing') in ('missing', 'unmapped')") }} > 0
    )

select *
from final

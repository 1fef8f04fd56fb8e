-- Grain: one row per sales activity (call, e-mail, meeting, task) and person. happened_at is the completion of a
-- completed task, the time of a meeting; created_at is when it was entered. acted_at: when it was completed; a meeting
-- and whatever Salesforce keeps, which may have no such time, when entered. Where nothing says whether it was
-- completed, it was once its time has passed.
{% set columns = [
    "activity_id",
    "source_system",
    "type",
    "direction",
    "is_completed",
    "takes_place_at",
    "owner_id",
    "person_record_id",
    "related_record_id",
    "subject",
    "happened_at",
    "completed_at",
    "created_at",
    "outcome",
    "is_deleted",
] %}
{% set parts = [
    "stg_salesforce__task",
    "stg_salesforce__event",
    "stg_hubspot__engagement",
    "stg_mapped__activity",
] %}

with
    delivered as ({{ every_version(parts, columns) }}),

    final as (
        select
            {{ columns | reject("in", ["is_completed", "takes_place_at", "completed_at", "is_deleted"]) | join(", ") }},
            coalesce(
                is_completed, takes_place_at <= {{ happened_until("int_activity_horizon") }}, false
            ) as is_completed,
            case
                when source_system = 'salesforce' or type = 'meeting'
                then coalesce(completed_at, created_at, happened_at)
                else coalesce(completed_at, happened_at, created_at)
            end as acted_at
        from (select * from delivered qualify {{ newest_version("activity_id") }}) as newest
        where not is_deleted
    )

select *
from final

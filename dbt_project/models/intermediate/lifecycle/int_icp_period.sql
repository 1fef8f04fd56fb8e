-- Grain: one row per stretch of time with one ideal customer profile, and whether it has begun and ended by now.
-- All that the judgement of leads asks the clock: the leads are not judged again until a profile begins or ends.
with
    rules as (select * from {{ ref("stg_definitions__icp") }}),

    boundaries as (
        select effective_from as boundary
        from rules
        union
        select effective_to as boundary
        from rules
        union
        select timestamp '0001-01-01 00:00:00' as boundary
    ),

    periods as (
        select
            boundary as period_from,
            coalesce(lead(boundary) over (order by boundary), timestamp '9999-12-31 00:00:00') as period_to
        from boundaries
        where boundary < timestamp '9999-12-31 00:00:00'
    )

select period_from, period_to, period_from <= {{ as_of() }} as has_begun, period_to <= {{ as_of() }} as has_ended
from periods

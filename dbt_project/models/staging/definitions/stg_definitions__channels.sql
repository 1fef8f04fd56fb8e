-- Grain: one row per condition. Rows that share a priority are one rule and all must hold; the lowest priority wins.
-- A channel that is spelled in several ways has the one in small letters, where there is one; those that Handoff names
-- itself always have it.
select
    cast({{ cell("priority") }} as integer) as priority,
    lower({{ cell("field") }}) as field,
    lower({{ cell("operator") }}) as operator,
    coalesce({{ cell("value") }}, '') as value,
    case
        when lower({{ cell("channel") }}) in ('unassigned', 'unattributed')
        then lower({{ cell("channel") }})
        else {{ one_spelling("channel") }}
    end as channel,
    cast(lower({{ cell("is_marketing") }}) as boolean) as is_marketing
from {{ ref("channels") }}

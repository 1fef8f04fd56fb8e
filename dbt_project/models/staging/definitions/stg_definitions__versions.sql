-- Grain: one row per version of the definitions; exactly one is in force at any moment.
select
    {{ cell("version") }} as version,
    cast({{ cell("valid_from") }} as date) as valid_from,
    {{ effective_from() }} as effective_from,
    coalesce(
        lead(cast({{ cell("valid_from") }} as timestamp)) over (order by cast({{ cell("valid_from") }} as date)),
        timestamp '9999-12-31 00:00:00'
    ) as effective_to,
    {{ cell("agreed_by_marketing") }} as agreed_by_marketing,
    {{ cell("agreed_by_sales") }} as agreed_by_sales,
    {{ cell("note") }} as note
from {{ ref("versions") }}

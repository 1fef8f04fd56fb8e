-- Grain: one row per version of the definitions; exactly one is in force at any moment.
select
    version,
    cast(valid_from as date) as valid_from,
    {{ effective_from() }} as effective_from,
    coalesce(
        lead(cast(valid_from as timestamp)) over (order by cast(valid_from as date)), timestamp '9999-12-31 00:00:00'
    ) as effective_to,
    agreed_by_marketing,
    agreed_by_sales,
    note
from {{ ref("versions") }}

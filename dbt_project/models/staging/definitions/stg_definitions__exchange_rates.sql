-- Grain: one row per currency and day. The reporting currency itself is 1 and needs no row.
select
    cast({{ cell("rate_date") }} as date) as rate_date,
    upper({{ cell("currency") }}) as currency,
    cast({{ cell("rate") }} as decimal(28, 14)) as rate
from {{ ref("exchange_rates") }}

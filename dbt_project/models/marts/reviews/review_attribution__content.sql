-- Grain: one row per (month of the anchor, basis, model, content, channel) with credit, which of a deal of a negative
-- amount, such as a credit note, is negative.
select
    cast(month_start as date) as month_start,
    basis,
    model,
    content,
    channel,
    cast(credited_amount as decimal(18, 2)) as credited_amount,
    cast(opportunities as bigint) as opportunities
from {{ ref("attribution_by_content") }}
where credited_amount <> 0

-- Grain: one row per (quarter of the close day, content): how often it stands before a won and before a lost deal.
-- Hazard: several contents share a deal: never sum over contents.
select
    cast(quarter_start as date) as quarter_start,
    content,
    cast(won_opportunities as bigint) as won,
    cast(lost_opportunities as bigint) as lost,
    cast(share_of_won as double) as share_of_won,
    cast(share_of_lost as double) as share_of_lost
from {{ ref("content_before_outcome") }}
where quarter_start is not null

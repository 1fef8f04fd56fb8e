-- Grain: one row per delivered association of a deal with a company, and type: the primary one has type 5 beside the
-- one that others have.
select
    'hubspot:' || raw.deal_id as opportunity_record_id,
    'hubspot:' || raw.company_id as account_record_id,
    raw.type_id,
    coalesce(raw.type_id = '5', false) as is_primary,
    coalesce(raw.is_deleted, false) or coalesce(raw.fivetran_deleted, false) as is_deleted,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line
from {{ source("hubspot", "deal_company") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
union all
-- as the API writes them on the deal: those of its newest version that tells any
select
    opportunity_record_id,
    'hubspot:' || {{ json_text("association", "id") }} as account_record_id,
    {{ json_text("association", "type") }} as type_id,
    association like '%"deal_to_company"%' as is_primary,
    false as is_deleted,
    version_at,
    delivery_rank,
    record_line
from
    (
        select
            opportunity_record_id,
            unnest(regexp_extract_all(account_ids, '\{[^{}]*\}')) as association,
            version_at,
            delivery_rank,
            record_line
        from ({{ newest_associations("account_ids") }}) as newest
    ) as associated

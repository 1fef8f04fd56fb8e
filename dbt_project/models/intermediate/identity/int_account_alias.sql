-- Grain: one row per account record that lives on: record_id -> account_id. Accounts of different systems are one when
-- a sync id links them, else when they have one business domain; the higher system's earliest one gives the id. domain
-- is the record's own, null where it was merged away.
with
    accounts as (
        select
            record.record_id,
            record.source_system,
            record.created_at,
            {{ web_domain("record.website") }} as domain,
            {{ system_rank("record.source_system") }} as system_rank
        from {{ ref("int_account_record") }} as record
        inner join
            {{ ref("int_record_survivor") }} as survivor
            on survivor.object = 'account'
            and record.record_id = survivor.record_id
            and survivor.state = 'survivor'
    ),

    survivors as (
        select record_id, survivor_id
        from {{ ref("int_record_survivor") }}
        where object = 'account' and state in ('survivor', 'merged')
    ),

    synced as (
        select
            named.survivor_id as record_id,
            survivors.survivor_id as other_id,
            case when record.record_id = named.survivor_id then 1 else 2 end as strength
        from {{ ref("int_account_record") }} as record
        inner join survivors as named on record.record_id = named.record_id
        inner join survivors on record.synced_account_id = survivors.record_id
    ),

    business as (
        select record_id, source_system, domain
        from accounts
        where domain is not null and not {{ is_free_domain("domain") }}
    ),

    pairs as (
        select record_id, other_id, strength
        from synced
        union all
        select other_id as record_id, record_id as other_id, strength
        from synced
        union all
        select near.record_id, far.record_id as other_id, 3 as strength
        from business as near
        inner join business as far on near.domain = far.domain and near.source_system <> far.source_system
    ),

    {{ elders("accounts") }},

    final as (
        select
            survivors.record_id,
            coalesce(elder.parent_id, accounts.record_id) as account_id,
            case when survivors.record_id = accounts.record_id then accounts.domain end as domain
        from survivors
        inner join accounts on survivors.survivor_id = accounts.record_id
        left join elder on accounts.record_id = elder.record_id
    )

select *
from final

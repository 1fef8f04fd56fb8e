-- Grain: one row per account record that lives on: record_id -> account_id. Accounts of different systems are one when
-- a sync id links them, else when they have one business domain; the higher system's earliest one gives the id. domain
-- is the record's own, null where it was merged away.
with
    accounts as (
        select
            record.record_id,
            record.source_system,
            record.created_at,
            record.synced_account_id,
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
        select accounts.record_id, survivors.survivor_id as other_id
        from accounts
        inner join survivors on accounts.synced_account_id = survivors.record_id
    ),

    business as (
        select record_id, source_system, domain
        from accounts
        where domain is not null and not {{ is_free_domain("domain") }}
    ),

    pairs as (
        select record_id, other_id, 1 as strength
        from synced
        union all
        select other_id as record_id, record_id as other_id, 1 as strength
        from synced
        union all
        select near.record_id, far.record_id as other_id, 2 as strength
        from business as near
        inner join business as far on near.domain = far.domain and near.source_system <> far.source_system
    ),

    parent as (
        select pairs.record_id, pairs.other_id as parent_id
        from pairs
        inner join accounts as child on pairs.record_id = child.record_id
        inner join accounts as elder on pairs.other_id = elder.record_id
        where
            elder.system_rank < child.system_rank
            or (elder.system_rank = child.system_rank and elder.source_system < child.source_system)
        qualify
            row_number() over (
                partition by pairs.record_id
                order by
                    pairs.strength, elder.system_rank, elder.source_system, elder.created_at nulls last, elder.record_id
            )
            = 1
    ),

    {% for i in range(4) %}
        parent_{{ i + 1 }} as (
            select near.record_id, coalesce(far.parent_id, near.parent_id) as parent_id
            from {{ "parent" if i == 0 else "parent_" ~ i }} as near
            left join {{ "parent" if i == 0 else "parent_" ~ i }} as far on near.parent_id = far.record_id
        ),
    {% endfor %}

    final as (
        select
            survivors.record_id,
            coalesce(parent_4.parent_id, accounts.record_id) as account_id,
            case when survivors.record_id = accounts.record_id then accounts.domain end as domain
        from survivors
        inner join accounts on survivors.survivor_id = accounts.record_id
        left join parent_4 on accounts.record_id = parent_4.record_id
    )

select *
from final

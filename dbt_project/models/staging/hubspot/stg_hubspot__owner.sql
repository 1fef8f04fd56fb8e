-- Grain: one row per delivered version of an owner. Its team stands on it or, as loaders have it, in owner_team.
with
    membership as (
        select
            raw.owner_id,
            raw.team_id,
            raw.is_primary,
            raw.fivetran_deleted,
            raw.version_at,
            delivery.delivery_rank,
            raw._line as record_line
        from {{ source("hubspot", "owner_team") }} as raw
        inner join
            {{ ref("stg_quality__delivery") }} as delivery
            on raw._delivery_id = delivery.delivery_id
            and not delivery.is_past_snapshot
        qualify {{ newest_version("raw.owner_id, raw.team_id") }}
    ),

    team as (
        select raw.team_id, raw.name, raw.version_at, delivery.delivery_rank, raw._line as record_line
        from {{ source("hubspot", "team") }} as raw
        inner join
            {{ ref("stg_quality__delivery") }} as delivery
            on raw._delivery_id = delivery.delivery_id
            and not delivery.is_past_snapshot
        qualify {{ newest_version("raw.team_id") }}
    ),

    owner_team as (
        select
            membership.owner_id,
            coalesce(min(case when membership.is_primary then team.name end), min(team.name)) as team
        from membership
        inner join team on membership.team_id = team.team_id
        where not coalesce(membership.fivetran_deleted, false)
        group by membership.owner_id
    )

select
    'hubspot:' || raw.native_id as record_id,
    'hubspot' as source_system,
    raw.native_id,
    raw.name,
    {{ normalised_email("raw.email") }} as email,
    coalesce({{ primary_name("raw.team") }}, owner_team.team) as team,
    -- HubSpot calls people PERSON and queues QUEUE; the word for a person is Salesforce's
    case when upper(coalesce(raw.type, 'PERSON')) = 'PERSON' then 'Standard' else raw.type end as type,
    coalesce(raw.is_active, not raw.is_deleted) as is_active,
    raw.user_id,
    raw.version_at,
    delivery.delivery_rank,
    raw._line as record_line,
    raw.attributes
from {{ source("hubspot", "owner") }} as raw
inner join
    {{ ref("stg_quality__delivery") }} as delivery
    on raw._delivery_id = delivery.delivery_id
    and not delivery.is_past_snapshot
left join owner_team on raw.native_id = owner_team.owner_id

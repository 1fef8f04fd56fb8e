-- Grain: one row per user or queue of a source, with the side its team is on.
select
    record.record_id as owner_id,
    record.source_system,
    record.name,
    record.team,
    teams.side as team_side,
    record.type as user_type,
    coalesce(record.is_active, true) as is_active,
    coalesce(teams.side = 'sales', false) as is_sales,
    coalesce(teams.side = 'marketing', false) as is_marketing,
    -- a person, not an integration: Salesforce says so by the user type, other systems by not saying otherwise
    coalesce(teams.side, '') <> 'system'
    and case
        when record.source_system = 'salesforce'
        then coalesce(lower(record.type) in ('standard', 'person'), false)
        else
            coalesce(lower(record.type), '') not in (
                'integration',
                'system',
                'automation',
                'automated',
                'automatedprocess',
                'api',
                'app',
                'bot',
                'service',
                'guest',
                'queue'
            )
    end as is_human,
    split_part(record.record_id, ':', 2) like '00G%' or lower(coalesce(record.type, '')) = 'queue' as is_queue,
    record.attributes
from {{ ref("int_owner_record") }} as record
left join {{ ref("stg_definitions__teams") }} as teams on lower(trim(record.team)) = teams.team_key

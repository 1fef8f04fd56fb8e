-- Grain: one row per lead and handoff, with who took it. A handoff is each entry into handed_off by the CRM's history;
-- without any, the first change of owner from a queue or a marketing user to a sales user; without history, the MQL
-- time on the record. It asks the clock nothing: what became of the handoff is in int_handoff.
with
    leads as (select * from {{ ref("int_lead") }}),

    -- numbers stand for ids where rows are sorted or grouped: ids share long prefixes
    alias as (select record_id, survivor_id, lead_id, lead_number from {{ ref("int_lead_alias") }}),

    stage_event as (select * from {{ ref("int_lead_stage_event") }} where basis = 'crm'),

    owners as (select * from {{ ref("int_owner") }}),

    status_change as (
        select
            alias.lead_id,
            -- the stage dates of a HubSpot contact stand in for a history that was not delivered (see
            -- int_hubspot_contact_change)
            change.source_system = 'hubspot'
            and change.change_id = concat_ws('|', change.record_id, change.new_value) as is_date_of_record
        from {{ ref("int_lead_change") }} as change
        inner join alias on change.record_id = alias.record_id
        where change.field = 'status'
    ),

    {{ merged_beginning() }},

    owner_change as (
        select
            alias.lead_id,
            alias.lead_number,
            change.source_system,
            change.old_value,
            change.new_value,
            change.changed_at,
            -- of the record itself, which may be younger than the lead
            {{ is_opening_value("change", "coalesce(record.created_at, merged_beginning.begun_at)") }}
            as is_opening_value,
            -- a duplicate names nobody for the time before it was created
            case
                when merged_beginning.record_id is null
                then timestamp '0001-01-01 00:00:00'
                else least(record.created_at, merged_beginning.begun_at)
            end as known_from,
            row_number() over (
                partition by alias.lead_number order by change.changed_at, change.sequence, change.record_id
            ) as change_number
        from {{ ref("int_lead_change") }} as change
        inner join alias on change.record_id = alias.record_id
        left join {{ ref("int_lead_record") }} as record on change.record_id = record.record_id
        left join merged_beginning on change.record_id = merged_beginning.record_id
        where change.field = 'owner_id'
    ),

    entered as (
        select lead_id, entered_at as handed_off_at, cast(null as varchar) as owner_id, 'stage' as evidence
        from stage_event
        where stage = 'handed_off' and entered_at is not null
    ),

    owned as (
        select
            owner_change.lead_id,
            owner_change.changed_at as handed_off_at,
            owner_change.new_value as owner_id,
            'owner' as evidence
        from owner_change
        inner join owners as taker on owner_change.new_value = taker.owner_id and taker.is_sales
        left join owners as giver on owner_change.old_value = giver.owner_id
        where
            (
                split_part(owner_change.old_value, ':', 2) like '00G%'
                or coalesce(giver.is_marketing, false)
                or coalesce(giver.is_queue, false)
            )
            and owner_change.lead_id not in (select lead_id from entered)
        qualify row_number() over (partition by owner_change.lead_number order by owner_change.change_number) = 1
    ),

    dated as (
        select leads.lead_id, leads.mql_at as handed_off_at, cast(null as varchar) as owner_id, 'mql' as evidence
        from leads
        where
            leads.mql_at is not null
            and leads.lead_id not in (select lead_id from entered)
            and leads.lead_id not in (select lead_id from status_change where not is_date_of_record)
            and leads.lead_id not in (select lead_id from owner_change)
    ),

    numbered as (
        select
            alias.lead_number,
            all_handoffs.*,
            row_number() over (partition by alias.lead_number order by all_handoffs.handed_off_at) as handoff_number,
            coalesce(
                lead(all_handoffs.handed_off_at) over (
                    partition by alias.lead_number order by all_handoffs.handed_off_at
                ),
                timestamp '9999-12-31 00:00:00'
            ) as next_handed_off_at
        from
            (
                select *
                from entered
                union all
                select *
                from owned
                union all
                select *
                from dated
            ) as all_handoffs
        inner join alias on all_handoffs.lead_id = alias.record_id
    ),

    -- a system knew the lead by a duplicate, too, that it never delivered
    merged_system as (
        select alias.lead_number, split_part(alias.record_id, ':', 1) as source_system, min(begun_at) as begun_at
        from merged_beginning
        inner join alias on merged_beginning.record_id = alias.record_id
        group by 1, 2
    ),

    -- the systems that know the lead: first the one that knows its owner
    lead_system as (
        select
            known.lead_number,
            known.source_system,
            known.lead_created_at,
            known.owner_id,
            least(known.created_at, merged_system.begun_at) as created_at,
            row_number() over (
                partition by known.lead_number
                order by
                    case when known.is_owners then 0 else {{ system_rank("known.source_system") }} end,
                    known.source_system
            ) as system_number
        from
            (
                select
                    alias.lead_number,
                    record.source_system,
                    record.source_system
                    = coalesce(split_part(leads.owner_id, ':', 1), leads.source_system) as is_owners,
                    leads.created_at as lead_created_at,
                    min(record.created_at) as created_at,
                    min(case when alias.record_id = alias.survivor_id then record.owner_id end) as owner_id
                from alias
                inner join {{ ref("int_lead_record") }} as record on alias.record_id = record.record_id
                inner join leads on alias.lead_id = leads.lead_id
                where alias.lead_number in (select lead_number from numbered)
                group by alias.lead_number, record.source_system, leads.owner_id, leads.source_system, leads.created_at
            ) as known
        left join
            merged_system
            on known.lead_number = merged_system.lead_number
            and known.source_system = merged_system.source_system
    ),

    -- who owned the lead by each system's history; '' is nobody
    told_owner as (
        select
            numbered.lead_number,
            numbered.handoff_number,
            lead_system.system_number,
            lead_system.owner_id,
            lead_system.created_at <= greatest(numbered.handed_off_at, lead_system.lead_created_at) as is_known,
            lead_system.created_at <= numbered.handed_off_at as was_there,
            max_by(
                coalesce(told.new_value, ''),
                case when told.changed_at <= numbered.handed_off_at then told.change_number end
            ) as owner_before,
            min_by(
                case when told.is_opening_value then told.new_value else coalesce(told.old_value, '') end,
                case
                    when told.changed_at > numbered.handed_off_at and told.known_from <= numbered.handed_off_at
                    then told.change_number
                end
            ) as owner_after,
            min_by(
                told.is_opening_value,
                case
                    when told.changed_at > numbered.handed_off_at and told.known_from <= numbered.handed_off_at
                    then told.change_number
                end
            ) as is_opened_after
        from numbered
        inner join lead_system on numbered.lead_number = lead_system.lead_number
        left join
            owner_change as told
            on lead_system.lead_number = told.lead_number
            and lead_system.source_system = told.source_system
        group by
            numbered.lead_number,
            numbered.handoff_number,
            lead_system.system_number,
            lead_system.owner_id,
            lead_system.created_at,
            lead_system.lead_created_at,
            numbered.handed_off_at
    ),

    -- by the system that knows the owner; before it knew the lead, by the others'. A handoff may stand before the lead
    -- that is left of several was created: a system that came to know it only then comes last
    owner_then as (
        select
            lead_number,
            handoff_number,
            min_by(
                owner_then,
                case
                    when owner_then is not null
                    then system_number + case when owner_before is null and not was_there then 1000 else 0 end
                end
            ) as owner_id,
            min(case when is_opened_after and is_known and system_number = 1 then owner_after end) as opening_owner
        from
            (
                select
                    *,
                    coalesce(
                        owner_before,
                        case
                            when is_known and not coalesce(is_opened_after, false) then coalesce(owner_after, owner_id)
                        end
                    ) as owner_then
                from told_owner
            ) as told
        group by lead_number, handoff_number
    ),

    final as (
        select
            numbered.lead_id,
            numbered.handoff_number,
            numbered.handed_off_at,
            numbered.next_handed_off_at,
            numbered.evidence,
            nullif(coalesce(numbered.owner_id, owner_then.owner_id, owner_then.opening_owner), '') as owner_id
        from numbered
        left join
            owner_then
            on numbered.lead_number = owner_then.lead_number
            and numbered.handoff_number = owner_then.handoff_number
    )

select *
from final

-- The yardstick of the attribution models: the same joins, weights and cents for the eight rule models, written for
-- DuckDB alone, without tests, incremental state, custom models or exclusions. Reads touch(touch_id, person_id,
-- touched_at, channel, campaign_id, content), opportunity(opportunity_id, created_at, closed_at, is_won, is_qualified,
-- lead_created_at, amount) and opportunity_person(opportunity_id, person_id); writes bare_credit.
create or replace table bare_credit as
with
    span as (
        select *, created_at - interval 90 day as path_starts_at
        from opportunity
        join opportunity_person using (opportunity_id)
    ),

    anchor as (
        select *, 'pipeline' as basis, created_at as anchor_at from span where is_qualified
        union all
        select *, 'revenue' as basis, closed_at as anchor_at from span where is_won
    ),

    path as (
        select
            anchor.opportunity_id,
            anchor.basis,
            anchor.amount,
            touch.touch_id,
            touch.channel,
            touch.campaign_id,
            touch.content,
            touch.touched_at,
            row_number() over (by_touch) as n,
            count(*) over (by_path) as touches,
            count(*) filter (touch.touched_at <= anchor.lead_created_at) over (by_path) as lead_n,
            count(*) filter (touch.touched_at <= anchor.created_at) over (by_path) as opportunity_n,
            power(2, -epoch(anchor.anchor_at - touch.touched_at) / 86400 / 7) as strength
        from anchor
        join touch
            on touch.person_id = anchor.person_id
            and touch.touched_at between anchor.path_starts_at and anchor.anchor_at
        window
            by_path as (partition by anchor.opportunity_id, anchor.basis),
            by_touch as (partition by anchor.opportunity_id, anchor.basis order by touch.touched_at, touch.touch_id)
    ),

    position as (
        select
            *,
            n = 1 as is_first,
            n = lead_n as is_lead,
            n = opportunity_n as is_opportunity,
            n = touches as is_last,
            n = touches and basis = 'revenue' as is_close,
            row_number() over (
                partition by opportunity_id, basis order by channel = 'direct', n desc
            ) = 1 as is_last_non_direct
        from path
    ),

    named as (
        select
            *,
            strength / sum(strength) over (by_path) as time_decay,
            is_first::int * 40 + is_last::int * 40 as u_named,
            is_first::int * 30 + is_lead::int * 30 + is_opportunity::int * 30 as w_named,
            is_first::int * 22.5 + is_lead::int * 22.5 + is_opportunity::int * 22.5 + is_close::int * 22.5 as full_named
        from position
        window by_path as (partition by opportunity_id, basis)
    ),

    total as (
        select
            *,
            sum(u_named) over (by_path) as u_held,
            count(*) filter (u_named = 0) over (by_path) as u_others,
            sum(w_named) over (by_path) as w_held,
            count(*) filter (w_named = 0) over (by_path) as w_others,
            sum(full_named) over (by_path) as full_held,
            count(*) filter (full_named = 0) over (by_path) as full_others
        from named
        window by_path as (partition by opportunity_id, basis)
    ),

    weighted as (
        select
            *,
            case when u_named = 0 then 0.2 / u_others else u_named / u_held * if(u_others = 0, 1, 0.8) end as u_shaped,
            case when w_named = 0 then 0.1 / w_others else w_named / w_held * if(w_others = 0, 1, 0.9) end as w_shaped,
            case when full_named = 0 then 0.1 / full_others else full_named / full_held * if(full_others = 0, 1, 0.9) end
                as full_path
        from total
    ),

    long as (
        select
            opportunity_id, basis, amount, touch_id, channel, campaign_id, content, touched_at, n,
            credit.model as model, credit.weight as weight
        from
            (
                select
                    *,
                    unnest(
                        [
                            {'model': 'first_touch', 'weight': is_first::int::double},
                            {'model': 'last_touch', 'weight': is_last::int::double},
                            {'model': 'last_non_direct', 'weight': is_last_non_direct::int::double},
                            {'model': 'linear', 'weight': 1 / touches::double},
                            {'model': 'time_decay', 'weight': time_decay::double},
                            {'model': 'u_shaped', 'weight': u_shaped::double},
                            {'model': 'w_shaped', 'weight': w_shaped::double},
                            {'model': 'full_path', 'weight': full_path::double}
                        ]
                    ) as credit
                from weighted
            ) as each_model
        where credit.weight > 0
    ),

    floored as (select *, amount::double * 100 * weight as cents, floor(cents) as whole from long),

    ranked as (
        select
            *,
            row_number() over (partition by opportunity_id, basis, model order by cents - whole desc, n) as place,
            round(amount::double * 100 - sum(whole) over (partition by opportunity_id, basis, model)) as left_over
        from floored
    )

select
    opportunity_id,
    basis,
    model,
    touch_id,
    channel,
    campaign_id,
    content,
    touched_at,
    weight,
    ((whole + (place <= left_over)::int) / 100)::decimal(18, 2) as credited_amount
from ranked
union all
select deal.opportunity_id, deal.basis, model, null, 'unattributed', null, null, null, 1, deal.amount
from (select distinct opportunity_id, basis, amount from anchor) as deal
cross join
    (
        values
            ('first_touch'), ('last_touch'), ('last_non_direct'), ('linear'),
            ('time_decay'), ('u_shaped'), ('w_shaped'), ('full_path')
    ) as models(model)
anti join (select distinct opportunity_id, basis from path) as touched using (opportunity_id, basis);

-- Grain: one row per lead and version: the rule points in force when it was scored, and every learned card.
-- is_in_force: the version the definitions named when the lead was scored, which fct_lead shows.
with
    signal as (select lead_id, scored_at, is_handed_off, is_mature, is_won from {{ ref("int_lead_signal") }}),

    point as (select * from {{ ref("int_lead_score_point") }}),

    version as (
        select distinct version, method, effective_from, effective_to
        from {{ ref("int_scorecard_bin") }}
        union
        -- definitions without a single point still give every lead its 0
        select 'rules-' || version as version, 'rules' as method, effective_from, effective_to
        from {{ ref("stg_definitions__versions") }}
    ),

    summed as (select lead_id, version, sum(points) as points from point group by lead_id, version),

    -- the three reasons side by side: to sort a text of each lead costs more than all else here
    reason as (
        select
            lead_id,
            version,
            concat_ws(
                '; ',
                max(case when reason_number = 1 then reason || ' (+' || cast(points as varchar) || ')' end),
                max(case when reason_number = 2 then reason || ' (+' || cast(points as varchar) || ')' end),
                max(case when reason_number = 3 then reason || ' (+' || cast(points as varchar) || ')' end)
            ) as top_reasons
        from
            (
                select
                    lead_id,
                    version,
                    points,
                    reason,
                    row_number() over (
                        partition by lead_id, version order by points desc, attribute, bin_number
                    ) as reason_number
                from point
                where points > 0
            ) as ranked
        where reason_number <= 3
        group by lead_id, version
    ),

    named as (
        select value as version, effective_from, effective_to
        from {{ ref("stg_definitions__setting") }}
        where setting = 'scorecard_version'
    ),

    scored as (
        select
            signal.lead_id,
            version.version,
            version.method,
            cast(least(greatest(coalesce(summed.points, 0), 0), 100) as integer) as score,
            reason.top_reasons,
            signal.scored_at,
            signal.is_handed_off,
            signal.is_mature,
            signal.is_won,
            case
                when version.method = 'rules'
                then coalesce(named.version, 'rules') = 'rules'
                else version.version = named.version
            end as is_in_force
        from signal
        inner join version on version.effective_from <= signal.scored_at and signal.scored_at < version.effective_to
        left join named on named.effective_from <= signal.scored_at and signal.scored_at < named.effective_to
        left join summed on signal.lead_id = summed.lead_id and version.version = summed.version
        left join reason on signal.lead_id = reason.lead_id and version.version = reason.version
    ),

    final as (
        select
            lead_id,
            version,
            method,
            score,
            {{ score_band("score") }} as score_band,
            top_reasons,
            scored_at,
            is_handed_off,
            is_mature,
            is_won,
            is_in_force
        from scored
    )

select *
from final

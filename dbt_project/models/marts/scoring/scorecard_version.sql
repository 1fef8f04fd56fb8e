-- Grain: one row per version: the learned cards, and the rule points of each version of the definitions. auc of a
-- learned card is out of time, as measured when it was trained; of rule points, over all handed-off leads whose
-- horizon is over (Hanley and McNeil's interval).
with
    mature as (
        select version, score, is_won from {{ ref("int_lead_score_version") }} where is_mature and method = 'rules'
    ),

    by_score as (
        select
            version,
            score,
            sum(case when is_won then 1 else 0 end) as wins,
            sum(case when is_won then 0 else 1 end) as losses
        from mature
        group by version, score
    ),

    ranked as (
        select
            *,
            coalesce(
                sum(losses) over (partition by version order by score rows between unbounded preceding and 1 preceding),
                0
            ) as losses_below
        from by_score
    ),

    area as (
        select
            version,
            sum(wins + losses) as leads,
            sum(wins) as wins,
            sum(losses) as losses,
            sum(cast(wins as double) * (losses_below + losses / 2.0))
            / nullif(cast(sum(wins) as double) * sum(losses), 0) as auc
        from ranked
        group by version
    ),

    spread as (
        select
            *,
            sqrt(
                (
                    auc * (1 - auc)
                    + (wins - 1) * (auc / (2 - auc) - auc * auc)
                    + (losses - 1) * (2 * auc * auc / (1 + auc) - auc * auc)
                )
                / nullif(cast(wins as double) * losses, 0)
            ) as auc_deviation
        from area
    ),

    named as (
        select
            value as version,
            min(effective_from) as effective_from,
            max(case when effective_from <= {{ as_of() }} and {{ as_of() }} < effective_to then 1 else 0 end) as is_now
        from {{ ref("stg_definitions__setting") }}
        where setting = 'scorecard_version'
        group by value
    ),

    -- a version's rule points are in force where the setting names them
    rules_in_force as (
        select
            definitions_version.version,
            min(greatest(definitions_version.effective_from, setting.effective_from)) as effective_from,
            max(
                case
                    when
                        definitions_version.effective_from <= {{ as_of() }}
                        and {{ as_of() }} < definitions_version.effective_to
                        and setting.effective_from <= {{ as_of() }}
                        and {{ as_of() }} < setting.effective_to
                    then 1
                    else 0
                end
            ) as is_now
        from {{ ref("stg_definitions__versions") }} as definitions_version
        inner join
            {{ ref("stg_definitions__setting") }} as setting
            on setting.setting = 'scorecard_version'
            and setting.value = 'rules'
            and setting.effective_from < definitions_version.effective_to
            and definitions_version.effective_from < setting.effective_to
        group by definitions_version.version
    ),

    observed as (
        select
            sum(case when is_mature then 1 else 0 end) as leads,
            sum(case when is_mature and is_won then 1 else 0 end) as wins,
            cast({{ setting("scoring_minimum_wins") }} as integer) as minimum_wins
        from {{ ref("int_lead_signal") }}
    ),

    rules as (
        select
            'rules-' || definitions_version.version as version,
            cast(null as timestamp) as trained_at,
            case
                when rules_in_force.effective_from = definitions_version.effective_from
                then definitions_version.valid_from
                else cast(rules_in_force.effective_from as date)
            end as valid_from,
            case
                when rules_in_force.is_now = 1
                then 'champion'
                when rules_in_force.effective_from <= {{ as_of() }} or definitions_version.effective_to <= {{ as_of() }}
                then 'retired'
                else 'challenger'
            end as status,
            'rule points' as method,
            spread.leads,
            spread.wins,
            spread.auc,
            case
                when spread.auc is not null then greatest(spread.auc - 1.96 * spread.auc_deviation, 0.0)
            end as auc_low,
            case when spread.auc is not null then least(spread.auc + 1.96 * spread.auc_deviation, 1.0) end as auc_high,
            cast(null as double) as calibration_slope,
            cast(threshold.value as double) as threshold
        from {{ ref("stg_definitions__versions") }} as definitions_version
        left join rules_in_force on definitions_version.version = rules_in_force.version
        left join spread on 'rules-' || definitions_version.version = spread.version
        left join
            {{ ref("stg_definitions__setting") }} as threshold
            on threshold.setting = 'handoff_score_threshold'
            and threshold.effective_from <= definitions_version.effective_from
            and definitions_version.effective_from < threshold.effective_to
    ),

    learned as (
        select
            card.version,
            card.trained_at,
            case
                when named.effective_from = timestamp '0001-01-01 00:00:00'
                then (select min(valid_from) from {{ ref("stg_definitions__versions") }})
                else cast(named.effective_from as date)
            end as valid_from,
            case
                when named.is_now = 1
                then 'champion'
                when named.effective_from <= {{ as_of() }}
                then 'retired'
                else 'challenger'
            end as status,
            card.method,
            card.leads,
            card.wins,
            card.auc,
            card.auc_low,
            card.auc_high,
            card.calibration_slope,
            cast(card.threshold as double) as threshold
        from {{ ref("int_scorecard") }} as card
        left join named on card.version = named.version
    ),

    final as (
        select *
        from rules
        union all
        select *
        from learned
    )

select
    final.version,
    final.trained_at,
    final.valid_from,
    final.status,
    final.method,
    cast(coalesce(final.leads, 0) as bigint) as leads,
    cast(coalesce(final.wins, 0) as bigint) as wins,
    final.auc,
    final.auc_low,
    final.auc_high,
    final.calibration_slope,
    final.threshold,
    case
        when final.status <> 'champion' or final.method <> 'rule points'
        then null
        when exists (select 1 from named where version <> 'rules' and effective_from <= {{ as_of() }})
        then 'The rule points apply: both teams signed them again after a learned card.'
        when observed.wins < observed.minimum_wins
        then
            'The rule points apply: '
            || cast(observed.wins as varchar)
            || ' wins of the '
            || cast(observed.minimum_wins as varchar)
            || ' agreed for learning a card.'
        else 'The rule points apply: no learned card has been signed.'
    end as note
from final
cross join observed

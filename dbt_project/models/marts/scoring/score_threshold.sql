-- Grain: one row per version and threshold (every fifth point, the agreed one, the one that a learned card carries):
-- what a handoff from that score on would have brought, over the handed-off leads whose horizon is over, per month.
-- Rows of a version overlap: never sum them. is_proposed: that of a learned card, chosen when it was learned; of rule
-- points, the highest fifth point that keeps four fifths of the wins.
with
    scored as (
        select score.version, score.score, signal.scored_at, signal.is_won, signal.has_opportunity, signal.is_rejected
        from {{ ref("int_lead_score_version") }} as score
        inner join {{ ref("int_lead_signal") }} as signal on score.lead_id = signal.lead_id
        where signal.is_mature
    ),

    total as (
        select
            version,
            sum(case when is_won then 1 else 0 end) as wins,
            greatest({{ seconds_between("min(scored_at)", "max(scored_at)") }} / (86400.0 * 30.4), 1.0) as months
        from scored
        group by version
    ),

    cut as (
        select total.version, cast(listed.number * 5 as integer) as threshold
        from total
        cross join
            (values {% for number in range(21) %} ({{ number }}){{ "," if not loop.last }} {% endfor %}) as listed(
                number
            )
        union
        select version, threshold
        from {{ ref("int_scorecard") }}
        where threshold is not null
        union
        select version, cast(ceil(cast({{ setting("handoff_score_threshold") }} as double)) as integer) as threshold
        from total
    ),

    above as (
        select
            scored.version,
            cut.threshold,
            count(*) as leads,
            sum(case when scored.is_won then 1 else 0 end) as wins,
            sum(case when scored.has_opportunity then 1 else 0 end) as opportunities,
            sum(case when scored.is_rejected then 1 else 0 end) as rejections
        from scored
        inner join cut on scored.version = cut.version and scored.score >= cut.threshold
        group by scored.version, cut.threshold
    ),

    rated as (
        select
            above.version,
            above.threshold,
            above.leads / total.months as leads_per_month,
            above.opportunities / total.months as opportunities_per_month,
            above.rejections / total.months as rejections_per_month,
            above.wins / total.months as wins_per_month,
            cast(above.wins as double) / above.leads as win_rate,
            cast(above.wins as double) / nullif(total.wins, 0) as share_of_wins
        from above
        inner join total on above.version = total.version
    ),

    proposed as (
        select
            rated.*,
            coalesce(
                card.threshold,
                max(case when rated.share_of_wins >= 0.8 and rated.threshold % 5 = 0 then rated.threshold end) over (
                    partition by rated.version
                )
            ) as proposed_threshold
        from rated
        left join {{ ref("int_scorecard") }} as card on rated.version = card.version
    ),

    final as (
        select
            version,
            threshold,
            leads_per_month,
            opportunities_per_month,
            rejections_per_month,
            wins_per_month,
            win_rate,
            share_of_wins,
            coalesce(threshold = proposed_threshold, false) as is_proposed
        from proposed
    )

select *
from final

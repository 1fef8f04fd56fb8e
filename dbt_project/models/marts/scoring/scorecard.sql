-- Grain: one row per version, attribute and bin. A lead's score is the sum of the points of its bins, between 0 and
-- 100. leads and wins are those the card was learned from; for rule points, the handed-off leads whose horizon is
-- over. Several bins of an attribute may hold for rule points: do not sum leads over them.
with
    bin as (select * from {{ ref("int_scorecard_bin") }}),

    observed as (
        select
            point.version,
            point.attribute,
            point.bin_number,
            count(*) as leads,
            sum(case when signal.is_won then 1 else 0 end) as wins
        from {{ ref("int_lead_score_point") }} as point
        inner join {{ ref("int_lead_signal") }} as signal on point.lead_id = signal.lead_id
        where signal.is_mature and point.version in (select version from bin where method = 'rules')
        group by point.version, point.attribute, point.bin_number
    ),

    final as (
        select
            bin.version,
            bin.attribute,
            bin.bin,
            bin.bin_number,
            bin.kind,
            bin.points,
            bin.weight_of_evidence,
            bin.coefficient,
            bin.lower_bound,
            bin.upper_bound,
            cast(coalesce(bin.leads, observed.leads, 0) as bigint) as leads,
            cast(coalesce(bin.wins, observed.wins, 0) as bigint) as wins
        from bin
        left join
            observed
            on bin.version = observed.version
            and bin.attribute = observed.attribute
            and bin.bin_number = observed.bin_number
    )

select *
from final

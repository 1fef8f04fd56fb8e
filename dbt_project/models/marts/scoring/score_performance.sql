-- Grain: one row per version, month of scoring and score band, over handed-off leads. conversions are wins within the
-- horizon; a month counts in full only once it is_mature. psi is the whole month's, repeated on its bands: do not sum
-- it.
with
    scored as (
        select version, score_band, is_won, {{ dbt.date_trunc("month", to_reporting_date("scored_at")) }} as month_start
        from {{ ref("int_lead_score_version") }}
        where is_handed_off
    ),

    by_band as (
        select
            version,
            cast(month_start as date) as month_start,
            score_band,
            count(*) as leads,
            sum(case when is_won then 1 else 0 end) as conversions
        from scored
        group by version, month_start, score_band
    ),

    by_month as (
        select version, month_start, sum(leads) as leads, sum(conversions) as conversions
        from by_band
        group by version, month_start
    ),

    -- a learned card is compared with the leads it was learned from, rule points with all handed-off leads they judged
    reference as (
        select version, score_band, share
        from {{ ref("int_scorecard_band") }}
        union all
        select version, score_band, cast(sum(leads) as double) / sum(sum(leads)) over (partition by version) as share
        from by_band
        where version not in (select version from {{ ref("int_scorecard_band") }})
        group by version, score_band
    ),

    band as (
        select by_month.version, by_month.month_start, reference.score_band, reference.share as expected
        from by_month
        inner join reference on by_month.version = reference.version
        union
        select by_band.version, by_band.month_start, by_band.score_band, 0.0 as expected
        from by_band
        left join reference on by_band.version = reference.version and by_band.score_band = reference.score_band
        where reference.version is null
    ),

    drift as (
        select
            band.version,
            band.month_start,
            sum(
                (
                    greatest(coalesce(cast(by_band.leads as double), 0) / by_month.leads, 0.0001)
                    - greatest(band.expected, 0.0001)
                ) * ln(
                    greatest(coalesce(cast(by_band.leads as double), 0) / by_month.leads, 0.0001)
                    / greatest(band.expected, 0.0001)
                )
            ) as psi
        from band
        inner join by_month on band.version = by_month.version and band.month_start = by_month.month_start
        left join
            by_band
            on band.version = by_band.version
            and band.month_start = by_band.month_start
            and band.score_band = by_band.score_band
        group by band.version, band.month_start
    ),

    final as (
        select
            by_band.version,
            by_band.month_start,
            by_band.score_band,
            by_band.leads,
            cast(by_band.conversions as bigint) as conversions,
            cast(by_band.conversions as double) / by_band.leads as conversion_rate,
            (cast(by_band.conversions as double) / by_band.leads)
            / nullif(cast(by_month.conversions as double) / by_month.leads, 0) as lift,
            round(drift.psi, 12) as psi,
            {{
                dbt.dateadd(
                    "day",
                    "cast(" ~ setting("scoring_horizon_days") ~ " as integer)",
                    dbt.dateadd("month", 1, "by_band.month_start"),
                )
            }} <= {{ as_of_day() }} as is_mature
        from by_band
        inner join by_month on by_band.version = by_month.version and by_band.month_start = by_month.month_start
        inner join drift on by_band.version = drift.version and by_band.month_start = drift.month_start
    )

select *
from final

-- Grain: one row per version, attribute and bin, of the learned cards and of the agreed rule points.
-- A version `rules-<definitions version>` judges the leads scored while those definitions were in force. All of its fit
-- bins that hold are added; of an engagement rule's alternatives, one counts. A learned card scores every lead; one bin
-- per attribute applies. Fit rows of icp.csv share 50 points in proportion to theirs, the engagement rules of the MQL
-- stage share 50 evenly (100 where the other half has no rows). A disqualifier takes 100 off.
with
    definitions_version as (select * from {{ ref("stg_definitions__versions") }}),

    fit_rule as (
        select
            definitions_version.version,
            definitions_version.effective_from,
            definitions_version.effective_to,
            icp.dimension as attribute,
            case when icp.dimension = 'persona' then 'job_title' else icp.dimension end as field,
            icp.operator,
            icp.value,
            icp.effect,
            icp.points
        from {{ ref("stg_definitions__icp") }} as icp
        inner join
            definitions_version
            on icp.effective_from <= definitions_version.effective_from
            and definitions_version.effective_from < icp.effective_to
    ),

    engagement_rule as (
        select distinct
            definitions_version.version,
            definitions_version.effective_from,
            definitions_version.effective_to,
            criteria.rule as attribute,
            criteria.field,
            criteria.operator,
            criteria.value
        from {{ ref("stg_definitions__stage_criteria") }} as criteria
        inner join
            definitions_version
            on criteria.effective_from <= definitions_version.effective_from
            and definitions_version.effective_from < criteria.effective_to
        where criteria.stage = 'mql' and criteria.side = 'engagement'
    ),

    fit_total as (
        select version, sum(points) as points from fit_rule where effect <> 'disqualify' and points > 0 group by version
    ),

    engagement_total as (select version, count(distinct attribute) as rules from engagement_rule group by version),

    rule_point as (
        select
            fit_rule.version,
            fit_rule.effective_from,
            fit_rule.effective_to,
            'rule' as kind,
            fit_rule.attribute,
            fit_rule.field,
            fit_rule.operator,
            fit_rule.value,
            case
                when fit_rule.effect = 'disqualify'
                then -100
                else
                    round(
                        (case when engagement_total.rules is null then 100 else 50 end)
                        * greatest(fit_rule.points, 0)
                        / nullif(fit_total.points, 0)
                    )
            end as points
        from fit_rule
        left join fit_total on fit_rule.version = fit_total.version
        left join engagement_total on fit_rule.version = engagement_total.version
        union all
        select
            engagement_rule.version,
            engagement_rule.effective_from,
            engagement_rule.effective_to,
            'alternative' as kind,
            engagement_rule.attribute,
            engagement_rule.field,
            engagement_rule.operator,
            engagement_rule.value,
            round((case when fit_total.points is null then 100.0 else 50.0 end) / engagement_total.rules) as points
        from engagement_rule
        inner join engagement_total on engagement_rule.version = engagement_total.version
        left join fit_total on engagement_rule.version = fit_total.version
    ),

    -- a value that one row requires and another prefers is one bin with the points of both
    rule_bin as (
        select version, effective_from, effective_to, kind, attribute, field, operator, value, sum(points) as points
        from rule_point
        group by version, effective_from, effective_to, kind, attribute, field, operator, value
    ),

    final as (
        select
            'rules-' || version as version,
            'rules' as method,
            effective_from,
            effective_to,
            attribute,
            cast(
                row_number() over (partition by version, attribute order by kind, field, operator, value) as integer
            ) as bin_number,
            kind,
            case when kind = 'alternative' then field || ' ' else '' end || operator || ' ' || value as bin,
            field,
            operator,
            value,
            cast(null as double) as lower_bound,
            cast(null as double) as upper_bound,
            cast(coalesce(points, 0) as integer) as points,
            cast(null as double) as weight_of_evidence,
            cast(null as double) as coefficient,
            cast(null as bigint) as leads,
            cast(null as bigint) as wins
        from rule_bin
        union all
        select
            version,
            'learned' as method,
            timestamp '0001-01-01 00:00:00' as effective_from,
            timestamp '9999-12-31 00:00:00' as effective_to,
            attribute,
            bin_number,
            kind,
            bin,
            attribute as field,
            cast(null as varchar) as operator,
            cast(null as varchar) as value,
            lower_bound,
            upper_bound,
            points,
            weight_of_evidence,
            coefficient,
            leads,
            wins
        from {{ source("scoring_store", "scorecard_bin") }}
    )

select *
from final

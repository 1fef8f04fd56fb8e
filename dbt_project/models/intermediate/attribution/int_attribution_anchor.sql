-- Grain: one row per opportunity and basis that either converted or counts as not converted: pipeline is anchored at
-- creation, revenue at the close (open ones older than maturity: where their path ends tonight). Opportunities too
-- young to tell are absent.
-- path_key numbers the paths of one night. fingerprint covers all that a rule-based credit depends on, the SQL that
-- makes it included: int_attribution_credit redoes what it no longer matches.
with
    opportunity_window as (
        select
            *,
            {{ add_days("created_at", "cast(" ~ setting("maturity_days") ~ " as integer)") }}
            < {{ as_of() }} as is_older_than_maturity
        from {{ ref("int_opportunity_window") }}
    ),

    path_summary as (select * from {{ ref("int_opportunity_path_summary") }}),

    model as (select * from {{ ref("int_attribution_model") }}),

    model_version as (
        select
            bit_xor(
                {{
                    row_hash(
                        [
                            "model",
                            "kind",
                            "first_weight",
                            "lead_created_weight",
                            "opportunity_created_weight",
                            "last_weight",
                            "others_weight",
                            "exclusion",
                        ]
                    )
                }}
            ) as models_hash
        from model
    ),

    anchor as (
        select
            opportunity_id,
            'pipeline' as basis,
            created_at as anchor_at,
            is_qualified as is_converted,
            lead_created_at,
            created_at,
            cast(amount * 100 as bigint) as amount_cents,
            half_life_days
        from opportunity_window
        where is_qualified or is_older_than_maturity
        union all
        select
            opportunity_id,
            'revenue' as basis,
            revenue_ends_at as anchor_at,
            is_won as is_converted,
            lead_created_at,
            created_at,
            cast(amount * 100 as bigint) as amount_cents,
            half_life_days
        from opportunity_window
        where is_closed or is_older_than_maturity
    ),

    path_of_basis as (
        select
            anchor.*,
            coalesce(
                case
                    when anchor.basis = 'pipeline' then path_summary.pipeline_touches else path_summary.revenue_touches
                end,
                0
            ) as touches,
            path_summary.first_touched_at,
            case
                when anchor.basis = 'pipeline' then path_summary.pipeline_hash else path_summary.path_hash
            end as path_hash
        from anchor
        left join path_summary on anchor.opportunity_id = path_summary.opportunity_id
    ),

    final as (
        select
            row_number() over (order by path_of_basis.opportunity_id, path_of_basis.basis) as path_key,
            path_of_basis.opportunity_id,
            path_of_basis.basis,
            path_of_basis.anchor_at,
            path_of_basis.is_converted,
            path_of_basis.lead_created_at,
            path_of_basis.created_at,
            coalesce(path_of_basis.created_at <= {{ as_of() }}, false) as is_created,
            path_of_basis.amount_cents,
            path_of_basis.half_life_days,
            path_of_basis.touches,
            case when path_of_basis.touches > 0 then path_of_basis.first_touched_at end as first_touched_at,
            {{
                row_hash(
                    [
                        "path_of_basis.opportunity_id",
                        "path_of_basis.basis",
                        "path_of_basis.anchor_at",
                        "path_of_basis.lead_created_at",
                        "path_of_basis.created_at",
                        "path_of_basis.amount_cents",
                        "path_of_basis.half_life_days",
                        "path_of_basis.touches",
                        "path_of_basis.path_hash",
                        "model_version.models_hash",
                        "'" ~ local_md5(numbered_path("due_span", "touch") ~ rule_credit("due", "model")) ~ "'",
                    ]
                )
            }} as fingerprint
        from path_of_basis
        cross join model_version
    )

select *
from final

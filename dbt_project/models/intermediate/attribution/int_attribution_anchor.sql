-- Grain: one row per opportunity and basis that either converted or counts as not converted: pipeline is anchored at
-- creation, revenue at the close (open ones older than maturity: now). Opportunities too young to tell are absent.
-- path_key numbers the paths of one night. fingerprint covers all that a rule-based credit depends on:
-- int_attribution_credit redoes what it no longer matches.
with
    opportunity_window as (select * from {{ ref("int_opportunity_window") }}),

    path as (select * from {{ ref("int_opportunity_path") }}),

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
            case when is_closed then coalesce(closed_at, created_at) else path_ends_at end as anchor_at,
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
            anchor.opportunity_id,
            anchor.basis,
            count(*) as touches,
            count(case when path.touched_at <= anchor.lead_created_at then 1 end) as lead_created_number,
            count(case when path.touched_at <= anchor.created_at then 1 end) as opportunity_created_number,
            min(path.touched_at) as first_touched_at,
            max(path.touched_at) as last_touched_at,
            bit_xor(
                {{
                    row_hash(
                        [
                            "path.touch_id",
                            "path.touched_at",
                            "path.channel",
                            "path.campaign_id",
                            "path.content",
                        ]
                    )
                }}
            ) as path_hash
        from anchor
        inner join path on anchor.opportunity_id = path.opportunity_id and path.touched_at <= anchor.anchor_at
        group by 1, 2
    ),

    final as (
        select
            row_number() over (order by anchor.opportunity_id, anchor.basis) as path_key,
            anchor.opportunity_id,
            anchor.basis,
            anchor.anchor_at,
            anchor.is_converted,
            anchor.lead_created_at,
            anchor.created_at,
            anchor.amount_cents,
            anchor.half_life_days,
            coalesce(path_of_basis.touches, 0) as touches,
            coalesce(path_of_basis.lead_created_number, 0) as lead_created_number,
            coalesce(path_of_basis.opportunity_created_number, 0) as opportunity_created_number,
            path_of_basis.first_touched_at,
            path_of_basis.last_touched_at,
            {{
                row_hash(
                    [
                        "anchor.anchor_at",
                        "anchor.lead_created_at",
                        "anchor.created_at",
                        "anchor.amount_cents",
                        "anchor.half_life_days",
                        "path_of_basis.touches",
                        "path_of_basis.path_hash",
                        "model_version.models_hash",
                    ]
                )
            }} as fingerprint
        from anchor
        cross join model_version
        left join
            path_of_basis on anchor.opportunity_id = path_of_basis.opportunity_id and anchor.basis = path_of_basis.basis
    )

select *
from final

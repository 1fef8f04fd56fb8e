-- Grain: one row per opportunity with touches: what tonight's touches make of its path, counted in one pass without
-- sorting them. The anchors and int_opportunity_touch need no more than this. fingerprint covers every touch of the
-- path, and the SQL that numbers them: int_opportunity_path redoes what it no longer matches. pipeline_hash covers
-- those up to the creation.
with
    {{ opportunity_span() }},

    touch as (select * from {{ ref("int_touch") }} where person_id is not null),

    span_touch as (
        select
            span.opportunity_id,
            touch.touched_at,
            touch.is_marketing,
            touch.touched_at <= span.created_at as is_on_pipeline,
            touch.touched_at <= span.revenue_ends_at as is_on_revenue,
            {{
                row_hash(
                    [
                        "touch.touch_id",
                        "touch.person_id",
                        "touch.touched_at",
                        "touch.channel",
                        "touch.is_marketing",
                        "touch.campaign_id",
                        "touch.content",
                    ]
                )
            }} as touch_hash
        from span
        inner join
            touch
            on span.person_id = touch.person_id
            and touch.touched_at >= span.path_starts_at
            and touch.touched_at <= span.path_ends_at
    ),

    counted as (
        select
            opportunity_id,
            count(*) as touches,
            count(case when is_on_pipeline then 1 end) as pipeline_touches,
            count(case when is_on_revenue then 1 end) as revenue_touches,
            min(touched_at) as first_touched_at,
            min(case when is_marketing then touched_at end) as first_marketing_touch_at,
            bit_xor(touch_hash) as path_hash,
            bit_xor(case when is_on_pipeline then touch_hash end) as pipeline_hash
        from span_touch
        group by opportunity_id
    ),

    final as (
        select
            *,
            {{
                row_hash(
                    [
                        "opportunity_id",
                        "touches",
                        "path_hash",
                        "'" ~ local_md5(numbered_path("due_span", "touch")) ~ "'",
                    ]
                )
            }} as fingerprint
        from counted
    )

select *
from final

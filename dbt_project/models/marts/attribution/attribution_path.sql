-- Grain: one row per basis and path of channels, repeats in a row collapsed ('paid_search > direct'); 'unattributed'
-- for opportunities without a touch. Converted: qualified (pipeline) or won (revenue); the rest did not convert, or not
-- within maturity. Opportunities too young to tell are absent.
with
    anchor as (select * from {{ ref("int_attribution_anchor") }}),

    path as (select * from {{ ref("int_opportunity_path") }}),

    path_touch as (
        select
            anchor.opportunity_id,
            anchor.basis,
            path.path_number,
            path.channel,
            lag(path.channel) over (
                partition by anchor.opportunity_id, anchor.basis order by path.path_number
            ) as previous_channel
        from anchor
        inner join path on anchor.opportunity_id = path.opportunity_id and path.touched_at <= anchor.anchor_at
    ),

    channel_path as (
        select
            opportunity_id, basis, {{ ordered_text("channel", "path_number", " > ") }} as path, count(*) as path_length
        from path_touch
        where previous_channel is null or previous_channel <> channel
        group by opportunity_id, basis
    ),

    final as (
        select
            coalesce(channel_path.path, 'unattributed') as path,
            anchor.basis,
            cast(max(coalesce(channel_path.path_length, 0)) as bigint) as path_length,
            cast(count(*) as bigint) as opportunities,
            cast(count(case when anchor.is_converted then 1 end) as bigint) as converted,
            cast(
                cast(sum(case when anchor.is_converted then anchor.amount_cents else 0 end) as decimal(18, 0))
                * 0.01 as decimal(18, 2)
            ) as amount,
            cast(
                median(
                    case
                        when anchor.is_converted then {{ elapsed_days("anchor.first_touched_at", "anchor.anchor_at") }}
                    end
                ) as double
            ) as median_days
        from anchor
        left join
            channel_path on anchor.opportunity_id = channel_path.opportunity_id and anchor.basis = channel_path.basis
        group by 1, 2
    )

select *
from final

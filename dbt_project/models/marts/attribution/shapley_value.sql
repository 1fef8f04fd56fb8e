-- Grain: one row per Shapley model, basis and channel: its value in converting paths, between the two extremes of its
-- marginal contribution (joining first: paths it makes alone; joining last: paths it is part of).
with
    due as (select * from {{ ref("int_attribution_anchor") }} where is_converted and touches > 0),

    model as (select * from {{ ref("int_attribution_model") }} where kind = 'shapley'),

    {{ basis_touch("due") }},

    {{ step_touch("model") }},

    path_channel as (
        select
            opportunity_id,
            basis,
            exclusion,
            channel,
            count(*) over (partition by opportunity_id, basis, exclusion) as channels
        from (select distinct opportunity_id, basis, exclusion, channel from step_touch) as distinct_channel
    ),

    -- counted per size of the set: whole numbers, so that the sum does not depend on the order of rows
    sized as (
        select basis, exclusion, channel, channels, count(*) as conversions from path_channel group by 1, 2, 3, 4
    ),

    summed as (
        select
            basis,
            exclusion,
            channel,
            sum(case when channels = 1 then conversions else 0 end) as value_joining_first,
            sum(conversions) as value_joining_last,
            sum(cast(conversions as double) / channels order by channels) as shapley_value
        from sized
        group by 1, 2, 3
    ),

    total as (
        select basis, exclusion, cast(count(distinct opportunity_id) as double) as conversions
        from path_channel
        group by 1, 2
    ),

    final as (
        select
            model.model,
            summed.basis,
            summed.channel,
            cast(summed.value_joining_first as bigint) as value_joining_first,
            cast(summed.value_joining_last as bigint) as value_joining_last,
            summed.shapley_value,
            summed.shapley_value / total.conversions as share
        from summed
        inner join total on summed.basis = total.basis and summed.exclusion = total.exclusion
        inner join model on summed.exclusion = model.exclusion
    )

select *
from final

-- Grain: one row per Shapley model, basis and channel: its value in converting paths, between the two extremes of its
-- marginal contribution (joining first: paths it makes alone; joining last: paths it is part of).
with
    due as (select * from {{ ref("int_attribution_anchor") }} where is_converted and touches > 0),

    model as (select * from {{ ref("int_attribution_model") }} where kind = 'shapley'),

    {{ basis_touch("due") }},

    {{ step_touch("model") }},

    path_channel as (
        select
            distinct_channel.path_key,
            due.basis,
            distinct_channel.exclusion_number,
            distinct_channel.channel,
            count(*) over (partition by distinct_channel.path_key, distinct_channel.exclusion_number) as channels
        from (select distinct path_key, exclusion_number, channel from step_touch) as distinct_channel
        inner join due on distinct_channel.path_key = due.path_key
    ),

    -- counted per size of the set: whole numbers, so that the sum does not depend on the order of rows
    sized as (
        select basis, exclusion_number, channel, channels, count(*) as conversions from path_channel group by 1, 2, 3, 4
    ),

    summed as (
        select
            basis,
            exclusion_number,
            channel,
            sum(case when channels = 1 then conversions else 0 end) as value_joining_first,
            sum(conversions) as value_joining_last,
            sum(cast(conversions as double) / channels order by channels) as shapley_value
        from sized
        group by 1, 2, 3
    ),

    total as (
        select basis, exclusion_number, cast(count(distinct path_key) as double) as conversions
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
        inner join total on summed.basis = total.basis and summed.exclusion_number = total.exclusion_number
        inner join model on summed.exclusion_number = model.exclusion_number
    )

select *
from final

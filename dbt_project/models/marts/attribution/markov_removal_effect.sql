-- Grain: one row per Markov model, basis and channel: which part of the conversions would be lost without the channel,
-- and its share of all removal effects.
-- Hazard: removal effects overlap and add up to more than 1; share adds up to 1 but is not the credit of a path.
with
    effect as (select * from {{ ref("int_markov_removal_effect") }}),

    final as (
        select
            model,
            basis,
            channel,
            removal_effect,
            removal_effect / nullif(sum(removal_effect) over (partition by model, basis), 0) as share,
            conversion_rate
        from effect
    )

select *
from final

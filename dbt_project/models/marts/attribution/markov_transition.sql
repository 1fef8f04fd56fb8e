-- Grain: one row per Markov model, basis and pair of states: the transition matrix behind the markov rows of
-- fct_attribution, as counts and as chances. States in parentheses are no channels.
with
    transition as (select * from {{ ref("int_markov_transition") }}),

    final as (
        select
            model,
            basis,
            from_state,
            to_state,
            cast(transitions as bigint) as transitions,
            cast(transitions as double)
            / cast(sum(transitions) over (partition by model, basis, from_state) as double) as probability
        from transition
    )

select *
from final

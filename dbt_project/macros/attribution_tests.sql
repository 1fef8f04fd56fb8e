{% test attribution_is_whole(model) %}
    {#- Every opportunity that should have credit has all of it, in every basis and model: weights add up to 1 and
        money to the amount, to the cent. Returns what does not, and what is missing. -#}
    with
        credit as (
            select
                opportunity_id,
                basis,
                model,
                sum(weight) as weight,
                sum(credited_amount) as credited_amount,
                min(weight) as smallest_weight
            from {{ model }}
            group by 1, 2, 3
        ),

        expected as (
            select opportunity.opportunity_id, opportunity.basis, attribution_model.model, opportunity.amount
            from
                (
                    select opportunity_id, 'pipeline' as basis, coalesce(amount, 0) as amount
                    from {{ ref("int_opportunity") }}
                    where is_qualified
                    union all
                    select opportunity_id, 'revenue' as basis, coalesce(amount, 0) as amount
                    from {{ ref("int_opportunity") }}
                    where is_won
                ) as opportunity
            cross join {{ ref("int_attribution_model") }} as attribution_model
        )

    select
        coalesce(expected.opportunity_id, credit.opportunity_id) as opportunity_id,
        coalesce(expected.basis, credit.basis) as basis,
        coalesce(expected.model, credit.model) as model,
        credit.weight,
        credit.credited_amount,
        expected.amount
    from expected
    full outer join
        credit
        on expected.opportunity_id = credit.opportunity_id
        and expected.basis = credit.basis
        and expected.model = credit.model
    where
        expected.opportunity_id is null
        or credit.opportunity_id is null
        or abs(credit.weight - 1) > 1e-9
        or credit.credited_amount <> expected.amount
        or credit.smallest_weight <= 0
{% endtest %}

-- Grain: one row per attribution model: the ten of the contract, as agreed where attribution_models.csv names them, and
-- every custom one. exclusion is the list of channels the model skips, '' where it skips none.
with
    agreed as (select * from {{ ref("stg_definitions__attribution_models") }}),

    contract as (
        select *
        from
            (
                values
                    ('first_touch', 'position', 100, 0, 0, 0, 0, ''),
                    ('last_touch', 'position', 0, 0, 0, 100, 0, ''),
                    ('last_non_direct', 'position', 0, 0, 0, 100, 0, 'direct'),
                    ('linear', 'position', 0, 0, 0, 0, 100, ''),
                    ('time_decay', 'decay', 0, 0, 0, 0, 0, ''),
                    ('u_shaped', 'position', 40, 0, 0, 40, 20, ''),
                    ('w_shaped', 'position', 30, 30, 30, 0, 10, ''),
                    ('full_path', 'position', 22.5, 22.5, 22.5, 22.5, 10, ''),
                    ('markov', 'markov', 0, 0, 0, 0, 0, ''),
                    ('shapley', 'shapley', 0, 0, 0, 0, 0, '')
            ) as shipped(
                model,
                kind,
                first_weight,
                lead_created_weight,
                opportunity_created_weight,
                last_weight,
                others_weight,
                exclude_channels
            )
    ),

    named as (
        select *
        from agreed
        union all
        select *
        from contract
        where model not in (select model from agreed)
    ),

    final as (
        select
            model,
            lower(kind) as kind,
            cast(first_weight as double) as first_weight,
            cast(lead_created_weight as double) as lead_created_weight,
            cast(opportunity_created_weight as double) as opportunity_created_weight,
            cast(last_weight as double) as last_weight,
            cast(others_weight as double) as others_weight,
            lower(trim(exclude_channels)) as exclusion,
            -- numbers are cheaper to carry through the paths than texts; no exclusion is 0
            row_number() over (order by model) as model_number,
            case
                when trim(exclude_channels) = '' then 0 else dense_rank() over (order by lower(trim(exclude_channels)))
            end as exclusion_number,
            -- the last touch before the close: a position that the pipeline path, which ends at creation, does not have
            model = 'full_path' as is_last_before_close
        from named
    )

select *
from final

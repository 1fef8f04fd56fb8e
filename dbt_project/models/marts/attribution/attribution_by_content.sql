-- Grain: one row per month of the anchor, basis, model and content (null: touches without content, and what is
-- unattributed). channel is where most of the content's credit of the row was earned; null for null content.
-- Hazard: every basis and model divides the same money: choose one of each, then sum.
with
    credit as (select * from {{ ref("fct_attribution") }}),

    {{ opportunity_month() }},

    monthly_credit as (
        select
            opportunity_month.month_start,
            credit.basis,
            credit.model,
            credit.content,
            credit.channel,
            credit.opportunity_id,
            credit.credited_amount
        from credit
        inner join
            opportunity_month
            on credit.opportunity_id = opportunity_month.opportunity_id
            and credit.basis = opportunity_month.basis
    ),

    main_channel as (
        select month_start, basis, model, content, channel
        from monthly_credit
        where content is not null
        group by month_start, basis, model, content, channel
        qualify
            row_number() over (
                partition by month_start, basis, model, content order by sum(credited_amount) desc, channel
            )
            = 1
    ),

    content_credit as (
        select
            month_start,
            basis,
            model,
            content,
            sum(credited_amount) as credited_amount,
            count(distinct opportunity_id) as opportunities
        from monthly_credit
        group by 1, 2, 3, 4
    ),

    final as (
        select
            content_credit.month_start,
            content_credit.basis,
            content_credit.model,
            content_credit.content,
            main_channel.channel,
            cast(content_credit.credited_amount as decimal(18, 2)) as credited_amount,
            cast(content_credit.opportunities as bigint) as opportunities
        from content_credit
        left join
            main_channel
            on content_credit.month_start = main_channel.month_start
            and content_credit.basis = main_channel.basis
            and content_credit.model = main_channel.model
            and content_credit.content = main_channel.content
    )

select *
from final

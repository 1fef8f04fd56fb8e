-- Grain: one row per (month, lead_source, theme). Lost deals by close month and their loss reason or competitor; leads
-- by the month of a sales activity and its disposition. A word used as loss reason, competitor and disposition is one
-- theme; theme_types names its origins.
-- Hazard: a deal lost for a reason and to a competitor stands under both themes: never sum over themes.
with
    lost as (select * from {{ ref("metric_opportunity") }} where is_closed and not is_won),

    leads as (select lead_id, lead_source from {{ ref("metric_lead") }}),

    dispositions as (
        select
            lead_id,
            trim(outcome) as theme,
            {{ period_start("month", to_reporting_date("happened_at")) }} as month_start
        from {{ ref("int_lead_activity") }}
        where trim(outcome) <> '' and happened_at is not null
    ),

    mentions as (
        select
            {{ period_start("month", "closed_on") }} as month_start,
            lead_source,
            trim(loss_reason) as theme,
            'loss_reason' as theme_type,
            opportunity_id,
            amount,
            cast(null as varchar) as lead_id
        from lost
        where trim(loss_reason) <> ''
        union all
        select
            {{ period_start("month", "closed_on") }} as month_start,
            lead_source,
            trim(competitor) as theme,
            'competitor' as theme_type,
            opportunity_id,
            amount,
            cast(null as varchar) as lead_id
        from lost
        where trim(competitor) <> ''
        union all
        select
            dispositions.month_start,
            leads.lead_source,
            dispositions.theme,
            'disposition' as theme_type,
            cast(null as varchar) as opportunity_id,
            cast(0 as decimal(18, 2)) as amount,
            dispositions.lead_id
        from dispositions
        inner join leads on dispositions.lead_id = leads.lead_id
    ),

    -- a theme is shown as it is written most
    written as (select lower(theme) as theme_key, theme, count(*) as times from mentions group by lower(theme), theme),

    spelling as (
        select theme_key, theme
        from written
        qualify row_number() over (partition by theme_key order by times desc, theme) = 1
    ),

    once as (
        select
            mentions.month_start,
            mentions.lead_source,
            spelling.theme,
            mentions.theme_type,
            mentions.opportunity_id,
            mentions.amount,
            mentions.lead_id,
            row_number() over (
                partition by
                    mentions.month_start,
                    mentions.lead_source,
                    spelling.theme,
                    coalesce(mentions.opportunity_id, mentions.lead_id)
                order by mentions.theme_type
            ) as mention
        from mentions
        inner join spelling on lower(mentions.theme) = spelling.theme_key
    ),

    final as (
        select
            month_start,
            lead_source,
            theme,
            concat_ws(
                ', ',
                max(case when theme_type = 'competitor' then theme_type end),
                max(case when theme_type = 'disposition' then theme_type end),
                max(case when theme_type = 'loss_reason' then theme_type end)
            ) as theme_types,
            {{ count_if("mention = 1 and opportunity_id is not null") }} as opportunities,
            {{ count_if("mention = 1 and lead_id is not null") }} as leads,
            {{ sum_if("amount", "mention = 1") }} as amount
        from once
        group by month_start, lead_source, theme
    )

select *
from final

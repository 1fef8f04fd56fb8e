-- Grain: one row per (month, theme, lost deal or lead): a loss reason or competitor of a lost deal, by its close month,
-- or the disposition of a sales activity with a lead, by its month. A word used as loss reason, competitor and
-- disposition is one theme.
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
        where trim(outcome) <> '' and happened_at <= {{ happened_until("int_activity_horizon") }}
    ),

    mentions as (
        {% for written in ["loss_reason", "competitor"] %}
            select
                {{ period_start("month", "closed_on") }} as month_start,
                lead_source,
                trim({{ written }}) as theme,
                '{{ written }}' as theme_type,
                opportunity_id,
                cast(null as varchar) as lead_id,
                amount
            from lost
            where trim({{ written }}) <> ''
            union all
        {% endfor %}
        select
            dispositions.month_start,
            leads.lead_source,
            dispositions.theme,
            'disposition' as theme_type,
            cast(null as varchar) as opportunity_id,
            dispositions.lead_id,
            cast(0 as decimal(18, 2)) as amount
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

    final as (
        select
            mentions.month_start,
            mentions.lead_source,
            spelling.theme,
            mentions.opportunity_id,
            mentions.lead_id,
            max(case when mentions.theme_type = 'competitor' then 1 else 0 end) = 1 as is_competitor,
            max(case when mentions.theme_type = 'disposition' then 1 else 0 end) = 1 as is_disposition,
            max(case when mentions.theme_type = 'loss_reason' then 1 else 0 end) = 1 as is_loss_reason,
            max(mentions.amount) as amount
        from mentions
        inner join spelling on lower(mentions.theme) = spelling.theme_key
        group by 1, 2, 3, 4, 5
    )

select *
from final

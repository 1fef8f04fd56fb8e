-- Grain: one row per day of the reporting time zone, from the year of the first lead, deal, close or cost, at least of
-- three years ago, to the end of the second year after this one. Weeks start on Monday; a fiscal year is named by the
-- calendar year it ends in.
with
    settings as (select cast({{ setting("fiscal_year_start_month") }} as integer) as first_month),

    span as (
        select
            date_trunc(
                'year',
                least(cast(min(first_day) as timestamp), cast({{ as_of_day() }} as timestamp) - interval '3' year)
            ) as first_day,
            date_trunc('year', cast({{ as_of_day() }} as timestamp)) + interval '3' year - interval '1' day as last_day
        from
            (
                select {{ to_reporting_date("min(created_at)") }} as first_day
                from {{ ref("int_lead") }}
                where created_at >= timestamp '1990-01-01 00:00:00'
                union all
                select {{ to_reporting_date("min(created_at)") }} as first_day
                from {{ ref("int_opportunity") }}
                where created_at >= timestamp '1990-01-01 00:00:00'
                union all
                select min(close_date) as first_day
                from {{ ref("int_opportunity") }}
                where close_date >= date '1990-01-01'
                union all
                select min(spend_date) as first_day
                from {{ ref("fct_spend") }}
                where spend_date >= date '1990-01-01'
            ) as firsts
    ),

    days as (
        select date_day from {{ day_series("(select first_day from span)", "(select last_day from span)") }} as series
    ),

    opening as (select distinct iso_weekday from {{ ref("stg_definitions__business_hours") }}),

    holiday as (select date_day, min(name) as name from {{ ref("stg_definitions__holidays") }} group by date_day),

    numbered as (
        select
            days.date_day,
            settings.first_month,
            cast(extract('year' from days.date_day) as integer) as calendar_year,
            cast(extract('month' from days.date_day) as integer) as calendar_month,
            cast(extract('isodow' from days.date_day) as integer) as iso_weekday
        from days
        cross join settings
    ),

    final as (
        select
            numbered.date_day,
            cast(date_trunc('week', numbered.date_day) as date) as week_start,
            cast(date_trunc('month', numbered.date_day) as date) as month_start,
            cast(date_trunc('quarter', numbered.date_day) as date) as quarter_start,
            numbered.calendar_year,
            case
                when numbered.first_month > 1 and numbered.calendar_month >= numbered.first_month
                then numbered.calendar_year + 1
                else numbered.calendar_year
            end as fiscal_year,
            cast(
                floor(((numbered.calendar_month - numbered.first_month + 12) % 12) / 3) + 1 as integer
            ) as fiscal_quarter,
            numbered.iso_weekday,
            opening.iso_weekday is not null and holiday.date_day is null as is_business_day,
            holiday.name as holiday_name
        from numbered
        left join opening on numbered.iso_weekday = opening.iso_weekday
        left join holiday on numbered.date_day = holiday.date_day
    )

select *
from final

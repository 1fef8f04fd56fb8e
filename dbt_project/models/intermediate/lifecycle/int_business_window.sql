-- Grain: one row per stretch of business hours, in UTC, with the business seconds that went before it. Every day opens
-- with an empty stretch at its start, so that a moment finds its day's rows by the day alone:
-- business seconds of a moment = max(seconds_before + min(moment, ends_at) - starts_at) over its day's begun stretches.
-- It reaches from year to year, so that it is the same every night of a year.
-- Lengths are elapsed time, so a day on which the clock changes counts what really passed. What the clock shows twice,
-- when it goes back by an hour, opens and closes the first time: a day may begin with such an hour. A stretch that
-- closes within the hour that the clock leaves out goes on for as long as it was to, but not into the next one.
{% set bounds = {"starts_at": "opens_on_clock", "ends_at": "closes_on_clock"} %}
with
    -- a record may carry a handoff that is older than any lead
    first_moment as (
        select created_at as first_at
        from {{ ref("int_lead") }}
        union all
        select handed_off_at as first_at
        from {{ ref("int_handoff_event") }}
    ),

    span as (
        select
            cast(
                least(
                    coalesce(
                        (select min(first_at) from first_moment where first_at >= timestamp '1990-01-01 00:00:00'),
                        date_trunc('year', {{ as_of() }})
                    ),
                    date_trunc('year', {{ as_of() }}) - interval '1' year
                )
                - interval '2' day as date
            ) as first_day,
            cast(date_trunc('year', {{ as_of() }}) + interval '3' year as date) as last_day
    ),

    days as (
        select date_day from {{ day_series("(select first_day from span)", "(select last_day from span)") }} as series
    ),

    openings as (
        select days.date_day, hours.opens_minute, hours.closes_minute
        from days
        inner join
            {{ ref("stg_definitions__business_hours") }} as hours
            on extract('isodow' from days.date_day) = hours.iso_weekday
        left join {{ ref("stg_definitions__holidays") }} as holidays on days.date_day = holidays.date_day
        where holidays.date_day is null
        union all
        select date_day, 0 as opens_minute, 0 as closes_minute
        from days
    ),

    shown as (
        select
            date_day,
            cast(date_day as timestamp) + opens_minute * interval '1' minute as opens_on_clock,
            cast(date_day as timestamp) + closes_minute * interval '1' minute as closes_on_clock
        from openings
    ),

    last_shown as (
        select
            *
            {%- for bound, on_clock in bounds.items() %}
                , {{ from_reporting_time(on_clock) }} as {{ bound }}
            {%- endfor %}
        from shown
    ),

    stretches as (
        select
            date_day
            {%- for bound, on_clock in bounds.items() %}
                ,
                case
                    when {{ to_reporting_time("(" ~ bound ~ " - interval '1' hour)") }} = {{ on_clock }}
                    then {{ bound }} - interval '1' hour
                    else {{ bound }}
                end as {{ bound }}
            {%- endfor %}
        from last_shown
    ),

    apart as (
        select
            date_day,
            starts_at,
            greatest(
                starts_at,
                least(ends_at, coalesce(lead(starts_at) over (order by date_day, starts_at, ends_at), ends_at))
            ) as ends_at
        from stretches
    ),

    measured as (select *, {{ seconds_between("starts_at", "ends_at") }} as open_seconds from apart),

    final as (
        select
            date_day,
            starts_at,
            ends_at,
            sum(open_seconds) over (
                order by date_day, starts_at, ends_at rows between unbounded preceding and current row
            )
            - open_seconds as seconds_before
        from measured
    )

select *
from final

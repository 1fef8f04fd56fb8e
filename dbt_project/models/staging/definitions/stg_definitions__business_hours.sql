-- Grain: one row per opening of a weekday, in the reporting time zone. A weekday may have several, apart from each
-- other. Without any, the office hours of every company: a file of its header alone takes the default.
select
    lower(weekday) as weekday,
    case
        lower(weekday)
        when 'monday'
        then 1
        when 'tuesday'
        then 2
        when 'wednesday'
        then 3
        when 'thursday'
        then 4
        when 'friday'
        then 5
        when 'saturday'
        then 6
        else 7
    end as iso_weekday,
    cast(substring(opens, 1, 2) as integer) * 60 + cast(substring(opens, 4, 2) as integer) as opens_minute,
    cast(substring(closes, 1, 2) as integer) * 60 + cast(substring(closes, 4, 2) as integer) as closes_minute
from
    (
        select {{ cell("weekday") }} as weekday, {{ cell("opens") }} as opens, {{ cell("closes") }} as closes
        from {{ ref("business_hours") }}
        {% for weekday in ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"] %}
            union all
            select '{{ weekday }}' as weekday, '09:00' as opens, '17:00' as closes
            where not exists (select 1 from {{ ref("business_hours") }})
        {% endfor %}
    ) as opening

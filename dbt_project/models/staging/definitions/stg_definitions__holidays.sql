-- Grain: one row per day without business hours, a day of the reporting time zone.
select cast({{ cell("date") }} as date) as date_day, {{ cell("name") }} as name from {{ ref("holidays") }}

-- Grain: one row per day without business hours, a day of the reporting time zone.
select cast(date as date) as date_day, name from {{ ref("holidays") }}

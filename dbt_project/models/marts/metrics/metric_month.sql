-- Grain: one row per (month, metric) for every metric of the dictionary that has one figure a month, from the first
-- month with a lead or a deal to the month of the as-of day (spend from its own first month). Amounts and counts are 0
-- in a month without any; rates, medians and costs are null.
-- Hazard: metrics of different units share the value column; a rate's months cannot be averaged into a year.
{{ metric_by_period("month") }}

-- Grain: one row per (week, blocker): what stood between a lead and a deal, counted. Handoffs by the day of the
-- handoff, rejections by the day of the decision, held records by the day the lead was created.
{{ blockers_by("week") }}

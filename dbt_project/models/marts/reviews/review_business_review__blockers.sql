-- Grain: one row per (quarter, blocker): what stood between a lead and a deal, counted.
{{ blockers_by("quarter") }}

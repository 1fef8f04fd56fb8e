-- Grain: one row per setting, with its value at the run's now. A table of its own, because most models ask the clock
-- for nothing else: it comes out equal night after night, and what reads it stands.
{{ config(materialized="table") }}

select setting, value, effective_from
from {{ ref("stg_definitions__setting") }}
where effective_from <= {{ as_of() }} and effective_to > {{ as_of() }}

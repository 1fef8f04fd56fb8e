-- Grain: one row per text that stands for "nothing was entered". Compare lower(trim(<text>)) with value.
select distinct lower({{ cell("value") }}) as value from {{ ref("fillers") }}

-- Grain: one row per text that stands for "nothing was entered". Compare lower(trim(<text>)) with value.
-- An empty line is none: with a null here, no text would be known to be another.
select distinct lower({{ cell("value") }}) as value from {{ ref("fillers") }} where {{ cell("value") }} is not null

-- Grain: one row per team. Join on lower(trim(<department>)) = team_key.
select {{ cell("team") }} as team, lower({{ cell("team") }}) as team_key, lower({{ cell("side") }}) as side
from {{ ref("teams") }}

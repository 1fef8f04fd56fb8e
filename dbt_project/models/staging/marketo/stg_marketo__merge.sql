-- Grain: one row per merge and loser. Marketo writes the merge on the survivor and lists the losers.
select distinct 'marketo:' || loser.loser_id as loser_id, loser.survivor_id, 'lead' as object
from
    (
        select {{ each_id("merge_ids") }} as loser_id, lead_id as survivor_id
        from {{ ref("stg_marketo__activity") }}
        where activity_type_id = 32 and merge_ids is not null
    ) as loser

"""Lead scoring learned backwards from closed-won: cards, their training, validation and store.

Scores are computed in SQL (`dbt_project/models/marts/scoring`); here is what SQL is the wrong tool for. Training needs
the extra `scoring` (optbinning, scikit-learn), imported where it is used: a night without training never loads it.
No Dagster here.
"""

# Population stability index: below the first the leads are those the card was learned from, above the second they are
# others.
STABLE_PSI, DRIFTED_PSI = 0.1, 0.25

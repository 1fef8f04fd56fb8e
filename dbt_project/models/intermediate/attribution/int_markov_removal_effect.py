"""Grain: one row per Markov model, basis and channel, with the exact effect of removing the channel.

The counts are made in SQL; the absorbing chain is solved by `attribution.markov`, which knows nothing of dbt.
"""


def model(dbt, session):
    dbt.config(materialized="table")
    import pyarrow as pa

    from attribution.markov import fit_chains

    transitions = dbt.ref("int_markov_transition").project("model, basis, from_state, to_state, transitions")
    effects = fit_chains(transitions.fetchall())
    schema = pa.schema(
        [
            ("model", pa.string()),
            ("basis", pa.string()),
            ("channel", pa.string()),
            ("removal_effect", pa.float64()),
            ("conversion_rate", pa.float64()),
        ]
    )
    return pa.table([list(column) for column in zip(*effects, strict=True)] or [[]] * len(schema), schema=schema)

"""The models on a Spark cluster, as Iceberg tables; docs/spark.md tells what stays on this machine.

`dialect` turns the SQL that dbt compiled for DuckDB into Spark's, `cluster` is the session and its tables,
`environment` sends each statement of dbt where it belongs, `night` is what one night does with them.
"""

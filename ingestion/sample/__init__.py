"""The deterministic sample company: extracts in vendor shape, from a seed, a size and an as-of.

`python -m ingestion.sample --out DIR`. Reading extracts is not here (`ingestion`); nothing here knows the warehouse.
"""

from ingestion.sample.generator import SampleReport, generate

__all__ = ["SampleReport", "generate"]

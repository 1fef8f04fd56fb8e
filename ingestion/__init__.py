"""Placeholder docstring: the owner of this package writes its boundary here."""

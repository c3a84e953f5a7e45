"""WHAT is said on the bus: shapes, ids, outcomes and names. No I/O, one dependency (msgspec)."""

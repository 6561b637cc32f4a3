"""The door to AVIS, the unified benefit system: port, HTTP adapter, stand-in. See ``docs/bridges.md``."""

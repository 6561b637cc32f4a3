"""Live consoles and manual choice → one availability indicator per officer. See ``docs/presence.md``."""

"""Contact points and the register of served clients, folded from events. See ``docs/casework.md``."""

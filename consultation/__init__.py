"""The session's life: lobby, moderator's rights, workstations and their authorisation. See ``docs/consultation.md``."""

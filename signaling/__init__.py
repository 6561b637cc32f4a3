"""LiveKit's protocol v1 and v0: rooms, participants, RoomService, webhooks. See ``docs/compatibility.md``."""

"""The live channel: one WebSocket per console, state once, then numbered changes."""

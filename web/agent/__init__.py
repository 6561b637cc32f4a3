"""The workstation's agent: a small program beside the kiosk's browser that moves mouse and keys when told to."""

"""The edge: ASGI application, live channel, sign-in, wiring, command line, migrations."""

VERSION = "0.1.0"

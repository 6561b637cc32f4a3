"""The door to the portal's systems; now the register of powers of attorney (JPP). See ``docs/bridges.md``."""

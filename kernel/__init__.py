"""Ids, messages that travel, errors, clock, identity, settings, audit and store adapters.

The lowest layer: imports nothing of the house, is imported by everything.
"""

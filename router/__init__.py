"""Competence groups, requests, offers and matching. The rules: ``docs/routing.md``."""

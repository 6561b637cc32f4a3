"""HTTP routes, one module per area of docs/api.md; `web.endpoints` says how they are guarded."""

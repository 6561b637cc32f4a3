"""Writes the pages of docs that follow from the code, so that they cannot fall behind it: errors, settings, contracts.

``make docs`` runs it; the test suite fails while the files differ from what this writes.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from avis_bridge import openapi as avis_openapi
from kernel.error_texts import ERROR_TEXTS
from kernel.errors import all_errors
from kernel.settings import Settings, variable
from portal_bridge import openapi as jpp_openapi

DOCS = Path(__file__).parent.parent / "docs"

ERRORS_HEAD = """\
# Errors

Every refusal has one shape ([api](api.md#errors)) and one of these codes, which never change their meaning.
`message` says what happened and what was kept, `hint` what to do; both in Latvian or English. `klatiene errors`
prints this list in a terminal. The table is written by `make docs`.

*Retry* says whether the same call may succeed later without a change.

| Code | HTTP | WebSocket | Retry | What people read (English) |
|---|---|---|---|---|
"""

CONFIGURATION_HEAD = """\
# Configuration

Settings are environment variables. A start with unknown, missing or impossible ones fails at once and names them all.
`klatiene config` prints the values in force, secrets masked. The table is written by `make docs`.

Lists are separated by commas. Outside the demo `KLATIENE_PEPPER`, `KLATIENE_VAULT_KEY` and `KLATIENE_MEDIA_SECRET`
must be set; the demo makes its own and keeps them in `var/secrets.json`. Options of the command line
(`klatiene serve --help`) win over variables.

| Variable | Default | Meaning |
|---|---|---|
"""


def errors_page() -> str:
    rows = []
    for error in all_errors():
        text = ERROR_TEXTS[error.code]
        retry = "yes" if error.retryable else "no"
        rows.append(
            f"| `{error.code}` | {error.http} | {error.ws_close} | {retry} | {text.message.en} {text.hint.en} |"
        )
    return ERRORS_HEAD + "\n".join(rows) + "\n"


def configuration_page() -> str:
    rows = []
    for field in dataclasses.fields(Settings):
        default = ",".join(field.default) if isinstance(field.default, tuple) else str(field.default)
        kind = " (secret)" if field.metadata["secret"] else ""
        shown = f"`{default}`" if default else ""
        rows.append(f"| `{variable(field.name)}` | {shown} | {field.metadata['doc']}{kind} |")
    return CONFIGURATION_HEAD + "\n".join(rows) + "\n"


def as_page(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


PAGES = {
    "errors.md": errors_page,
    "configuration.md": configuration_page,
    "avis-openapi.json": lambda: as_page(avis_openapi.document()),
    "jpp-openapi.json": lambda: as_page(jpp_openapi.document()),
}


if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
        print(f"docs/{name}")

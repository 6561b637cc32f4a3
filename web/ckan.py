"""Publish the catalogue at a CKAN portal (data.gov.lv) by its action API; publishing again changes nothing by itself.

A package is found by its name. What we last sent is kept beside it as a hash, so that an unchanged set is left alone,
and whatever the portal's people added to it stays until we have something new to say.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import httpx
import msgspec

from casework.open_data_core import DATASETS, FORMATS, MEDIA_TYPES, Dataset
from kernel.errors import RegistryUnavailable

HASH = "klatiene_hash"
Outcome = Literal["created", "updated", "same"]


class Ckan:
    def __init__(self, http: httpx.AsyncClient, *, token: str, organization: str) -> None:
        self._http = http
        self._headers = {"authorization": token}
        self._organization = organization

    async def publish(self, base: str, modified: dict[str, str]) -> dict[str, Outcome]:
        """What became of each set. Raises `RegistryUnavailable` when the portal refuses or cannot be reached."""
        return {
            dataset.id: await self._publish(package(base, dataset, self._organization, modified.get(dataset.id, "")))
            for dataset in DATASETS
        }

    async def _publish(self, wanted: dict[str, Any]) -> Outcome:
        digest = hashlib.sha256(msgspec.json.encode(wanted, order="sorted")).hexdigest()
        body = wanted | {"extras": [*wanted["extras"], {"key": HASH, "value": digest}]}
        known = await self._act("package_show", {"id": wanted["name"]}, missing=True)
        if known is None:
            await self._act("package_create", body)
            return "created"
        said = {each["key"]: each["value"] for each in known.get("extras", ())}
        if said.get(HASH) == digest:
            return "same"
        # resources keep their ids, so that links to them go on working
        ids = {each["url"]: each["id"] for each in known.get("resources", ()) if "id" in each}
        resources = [each | ({"id": ids[each["url"]]} if each["url"] in ids else {}) for each in body["resources"]]
        await self._act("package_update", known | body | {"id": known["id"], "resources": resources})
        return "updated"

    async def _act(self, action: str, body: dict[str, Any], *, missing: bool = False) -> dict[str, Any] | None:
        try:
            answer = await self._http.post(f"/api/3/action/{action}", json=body, headers=self._headers)
            if missing and answer.status_code == 404:
                return None
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise RegistryUnavailable(registry="CKAN") from error
        if answer.status_code != 200 or not found.get("success"):
            raise RegistryUnavailable(registry="CKAN")
        return dict(found["result"])


def package(base: str, dataset: Dataset, organization: str, modified: str) -> dict[str, Any]:
    """A package as CKAN wants it; names of packages are ours alone by their beginning."""
    uri = f"{base}/open-data/{dataset.id}"
    return {
        "name": f"klatiene-{dataset.id}",
        "title": dataset.title.lv,
        "notes": f"{dataset.description.lv}\n\n{dataset.description.en}",
        "owner_org": organization,
        "license_id": "cc-zero",
        "url": uri,
        "private": False,
        "extras": [
            {"key": "uri", "value": uri},
            {"key": "title_en", "value": dataset.title.en},
            {"key": "frequency", "value": "MONTHLY" if dataset.monthly else "DAILY"},
            {"key": "modified", "value": modified},
        ],
        "resources": [
            {
                "name": f"{dataset.title.lv} ({form.upper()})",
                "url": f"{uri}.{form}",
                "format": form.upper(),
                "mimetype": MEDIA_TYPES[form].split(";")[0],
            }
            for form in FORMATS
        ],
    }

"""Contact points as their municipality describes them, to the network's manager alone; away is away, not "none"."""

from __future__ import annotations

from pathlib import Path

from kernel.clock import ManualClock
from tests.web.person import Person
from tests.web.running import running_house


def test_what_municipalities_say(tmp_path: Path) -> None:
    with (
        running_house(tmp_path, ManualClock(), connected=True, standins=True) as place,
        Person(place.url, "network-manager") as manager,
        Person(place.url, "clerk-grobina") as clerk,
    ):
        path = "/api/network/points/municipal?atvk=LV0021000"
        said = {each["id"]: each for each in manager.get(path).json()["points"]}
        assert len(said) == 6  # more than the gateway hands out at once
        assert said["zeltini"]["hours"][0] == {"weekday": 1, "opens": "09:00", "closes": "18:00"}
        assert manager.get("/api/network/points/municipal?atvk=LV0005000").json() == {"points": []}
        assert manager.get("/api/network/points/municipal?atvk=Rīga").status_code == 422
        assert clerk.get(path).status_code == 403
        assert place.state is not None
        place.state.down = True
        assert manager.get(path).json()["error"]["code"] == "registry_unavailable"

"""What holds for the repository as a whole: sizes, purity, papers that follow the code, lock files, no loose ends."""

import ast
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.write_reference import PAGES
from web import VERSION

ROOT = Path(__file__).parent.parent
PACKAGES = (
    "kernel",
    "presence",
    "router",
    "media",
    "signaling",
    "consultation",
    "casework",
    "avis_bridge",
    "portal_bridge",
    "web",
)
LOCKS = ("runtime", "build", "dev", "node")

MODULE_LIMIT = 600
LONG = 400
#: modules that have grown beyond `LONG` and wait to be divided; nothing may be added
STILL_LONG: set[str] = set()

IMPURE = frozenset(
    {
        "aiohttp",
        "aiortc",
        "asyncio",
        "httpx",
        "os",
        "random",
        "redis",
        "secrets",
        "socket",
        "sqlalchemy",
        "starlette",
        "subprocess",
        "threading",
        "time",
        "uuid",
        "uvicorn",
        "websockets",
    }
)
CLOCK_READS = frozenset({"now", "today", "utcnow"})


def kept_files() -> list[Path]:
    """Every file that is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = (ROOT / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file() and path != Path(__file__)]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def texts() -> Iterator[tuple[str, str]]:
    """(name, content) of everything people wrote; lock files and pictures are not."""
    for path in kept_files():
        if path.suffix in (".png", ".webp", ".woff2", ".ico", ".ivf", ".y4m", ".opus"):
            continue
        if path.name == "package-lock.json" or (path.parent.name == "requirements" and path.suffix == ".txt"):
            continue
        yield name_of(path), path.read_text(encoding="utf-8")


def modules() -> list[Path]:
    return [path for path in kept_files() if path.suffix in (".py", ".ts", ".tsx", ".css")]


def pure_modules() -> list[Path]:
    """Cores by their file name, and whatever else says of itself that it is pure."""
    found = []
    for path in modules():
        if path.suffix != ".py" or path.relative_to(ROOT).parts[0] not in PACKAGES:
            continue
        is_core = path.stem == "core" or path.stem.endswith("_core")
        says_so = re.search(r"\bPure\b", ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
        if is_core or says_so:
            found.append(path)
    return found


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


# ── modules ──────────────────────────────────────────────────────────────────────────────────────


def test_no_module_is_too_long() -> None:
    assert {name_of(path): lines_of(path) for path in modules() if lines_of(path) > MODULE_LIMIT} == {}


def test_the_list_of_long_modules_only_shrinks() -> None:
    assert {name_of(path) for path in modules() if lines_of(path) > LONG} == STILL_LONG


@pytest.mark.parametrize("path", pure_modules(), ids=name_of)
def test_cores_import_nothing_impure_and_read_no_clock(path: Path) -> None:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in IMPURE]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in IMPURE:
            found.append(node.module or "")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_READS:
            found.append(f"{ast.unparse(node.func)}()")
    assert found == []


def test_every_deciding_package_has_a_core() -> None:
    named = {path.relative_to(ROOT).parts[0] for path in pure_modules()}
    assert {"kernel", "presence", "router", "consultation", "web"} <= named


# ── loose ends ───────────────────────────────────────────────────────────────────────────────────

NEVER = {
    "a note to oneself": re.compile(r"\b(?:TODO|FIXME|XXX)\b"),
    "a package registry": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.com|registry\.yarnpkg|crates\.io)"
    ),
    "a path of one machine": re.compile(r"(?<![\w.])/(?:work|root|home|Users)/\w"),
    "a test that does not run": re.compile(
        r"mark\.(?:skip|xfail)|pytest\.(?:skip|xfail|importorskip)\(|\b(?:it|test|describe)\.(?:skip|only|todo)\b"
    ),
}


@pytest.mark.parametrize("what", NEVER)
def test_nothing_kept_holds(what: str) -> None:
    found = []
    for name, text in texts():
        found += [f"{name}:{text[: hit.start()].count(chr(10)) + 1}: {hit[0]}" for hit in NEVER[what].finditer(text)]
    assert found == []


# ── papers ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", PAGES)
def test_reference_pages_follow_the_code(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "run `make docs`"


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#{1,6} +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [path for path in kept_files() if path.suffix == ".md"], ids=name_of)
def test_links_resolve(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if re.match(r"https?:|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        pointed = page.parent / file if file else page
        if not pointed.exists() or (anchor and anchor not in anchors(pointed.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


def test_every_make_target_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name, text in texts():
        if name.endswith(".md"):
            mentioned = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))
            assert mentioned <= targets, name


def test_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    application = json.loads((ROOT / "web/ui/package.json").read_text(encoding="utf-8"))["version"]
    assert project == application == VERSION
    assert f"## [{VERSION}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# ── lock files ───────────────────────────────────────────────────────────────────────────────────


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Package → (version and marker, number of hashes)."""
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    found = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        if pinned := re.match(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s\\;]+)", block):
            found[pinned[1].lower()] = (pinned[2], block.count("--hash=sha256:"))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_hashes(name: str) -> None:
    packages = locked(name)
    assert packages
    assert [package for package, (_, hashes) in packages.items() if not hashes] == []


@pytest.mark.parametrize("name", LOCKS)
def test_locks_hold_everything_that_is_asked_for(name: str) -> None:
    wanted = re.findall(
        r"^([A-Za-z0-9._-]+)", (ROOT / "requirements" / f"{name}.in").read_text(encoding="utf-8"), re.MULTILINE
    )
    wanted = [package.lower().replace("_", "-") for package in wanted if not package.startswith("-")]
    assert set(wanted) <= locked(name).keys()


def test_locks_agree_on_versions() -> None:
    # they are installed into one environment, one after the other
    runtime, build, dev = (locked(name) for name in ("runtime", "build", "dev"))
    for one, other in ((runtime, build), (runtime, dev), (build, dev)):
        assert {p: (one[p][0], other[p][0]) for p in one.keys() & other.keys() if one[p][0] != other[p][0]} == {}


def test_the_applications_lock_has_hashes_and_names_no_host() -> None:
    packages = json.loads((ROOT / "web/ui/package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert [name for name, package in packages.items() if name and not package.get("integrity")] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []

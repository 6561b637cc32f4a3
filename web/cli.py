"""The ``klatiene`` command."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import logging
import os
import sys
from typing import Any

from kernel.error_texts import ERROR_TEXTS
from kernel.errors import all_errors
from kernel.log import configure_logging
from kernel.settings import PREFIX, Settings, SettingsInvalid, explain
from web import startup

EXIT_CANNOT_START = 2


def main(argv: list[str] | None = None) -> int:
    """The exit code: 0 well, 1 failed, 2 cannot start as it is set up."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except SettingsInvalid as invalid:
        print("Klātiene cannot start; these settings need attention:", file=sys.stderr)  # noqa: T201
        for problem in invalid.problems:
            print(f"  {problem}", file=sys.stderr)  # noqa: T201
        return EXIT_CANNOT_START
    except (startup.PortInUse, startup.LedgerInUse) as taken:
        print(taken, file=sys.stderr)  # noqa: T201
        return EXIT_CANNOT_START
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace) -> int:
    command = arguments.command
    if command == "errors":
        return _print_errors()
    if command == "agent":
        from web.agent.run import run_agent  # noqa: PLC0415

        configure_logging(level="INFO", json=False)
        return asyncio.run(
            run_agent(
                arguments.url, point_id=arguments.point, name=arguments.name, state=os.path.expanduser(arguments.state)
            )
        )
    if command == "selftest" and arguments.url:
        return _selftest(arguments.url, as_json=arguments.json)
    settings = _settings(arguments, demo=command in ("demo", "selftest"))
    if command == "config":
        return _print_config(settings)
    configure_logging(level=settings.log_level, json=settings.log_json)
    for chatty in ("alembic", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # imported where needed: `klatiene errors` must not wait for the media stack
    if command == "web":
        from web.serve import serve_web  # noqa: PLC0415

        if settings.web_processes == 1:
            startup.check_web_port(settings)
        return run_loop(serve_web(settings))
    if command == "media" and arguments.deed == "top":
        from web.media_top import run_media_top  # noqa: PLC0415

        with contextlib.suppress(KeyboardInterrupt):
            return asyncio.run(run_media_top(settings, once=arguments.once, as_json=arguments.json))
        return 0
    if command == "media":
        from web.serve import serve_media  # noqa: PLC0415

        settings = dataclasses.replace(settings, media_nodes=1)
        startup.check_media_ports(settings)
        return run_loop(serve_media(settings))
    if command == "migrate":
        from web.migrate import migrate  # noqa: PLC0415

        migrate(settings.ledger_url)
        return 0
    if command == "agency":
        from web.agency_command import run_agency_command  # noqa: PLC0415

        return asyncio.run(run_agency_command(settings, arguments))
    if command == "people":
        from web.people_command import run_people_command  # noqa: PLC0415

        return asyncio.run(run_people_command(settings, arguments))
    if command == "doctor":
        from web.doctor import run_doctor  # noqa: PLC0415

        return asyncio.run(run_doctor(settings, as_json=arguments.json))
    if command == "publish":
        from web.publish_command import run_publish_command  # noqa: PLC0415

        return asyncio.run(run_publish_command(settings))
    if command == "standins":
        from web.serve import serve_standins  # noqa: PLC0415

        return run_loop(serve_standins(settings))
    if command == "simulated":
        from web.serve import serve_simulated  # noqa: PLC0415

        return run_loop(serve_simulated(settings))
    if command == "selftest":
        from web.throwaway import throwaway_demo  # noqa: PLC0415

        with throwaway_demo(log_level="WARNING") as url:
            return _selftest(url, as_json=arguments.json)
    from web.household import serve_all  # noqa: PLC0415

    startup.check_ports(settings)
    with startup.own_ledger(settings):
        return run_loop(
            serve_all(settings, demo=command == "demo", simulated=command == "demo" and not arguments.no_simulated)
        )


def run_loop(work: Any) -> int:
    import uvloop  # noqa: PLC0415

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return int(runner.run(work) or 0)


def _selftest(url: str, *, as_json: bool) -> int:
    from web.selftest import run_selftest  # noqa: PLC0415

    return int(asyncio.run(run_selftest(url, as_json=as_json)))


def _settings(arguments: argparse.Namespace, *, demo: bool) -> Settings:
    given = {
        name: value
        for name in ("host", "port", "media_port", "media_udp_port", "var", "log_level", "web_processes", "media_nodes")
        if (value := getattr(arguments, name, None)) is not None
    }
    if demo or getattr(arguments, "demo", False):
        given["demo"] = True
    if arguments.command == "demo" and "log_level" not in given and f"{PREFIX}LOG_LEVEL" not in os.environ:
        # the addresses to open must stay in sight; a line for every request would push them away
        given["log_level"] = "WARNING"
    return startup.read_settings(os.environ, secrets_required=arguments.command not in ("config", "agency"), **given)


def _print_config(settings: Settings) -> int:
    for name, value, doc in explain(settings):
        print(f"{name}={value}\n    {doc}")  # noqa: T201
    return 0


def _print_errors() -> int:
    for error in all_errors():
        text = ERROR_TEXTS[error.code]
        whose = "caller" if error.peer_fault else "service"
        again = "may retry" if error.retryable else "do not retry"
        print(f"{error.code}  HTTP {error.http}  WebSocket {error.ws_close}  {whose}  {again}")  # noqa: T201
        for words in (text.message, text.hint):
            print(f"    lv: {words.lv}\n    en: {words.en}")  # noqa: T201
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="klatiene", description="Klātiene: remote officers, face to face.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, words: str, *, runs: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=words, description=words)
        if runs:
            sub.add_argument("--host", help="address the control plane listens on")
            sub.add_argument("--port", type=int, help="port of the control plane (8080)")
            sub.add_argument("--media-port", type=int, help="port of the media node's signalling (7880)")
            sub.add_argument("--media-udp-port", type=int, help="UDP and TCP port of media (7882)")
            sub.add_argument("--var", help="directory of the embedded ledger and generated secrets (var)")
            sub.add_argument("--log-level", help="DEBUG, INFO, WARNING or ERROR")
            sub.add_argument("--demo", action="store_true", help="demo sign-in, demo data, generated secrets")
        return sub

    serve = command("serve", "the control plane and a media node, each in its own process, restarted when they fail")
    serve.add_argument("--web-processes", type=int, help="control planes that share the port (1); more need Redis")
    serve.add_argument("--media-nodes", type=int, help="media nodes, one process and one pair of ports each (1)")
    demo = command("demo", "serve with demo data, stand-ins of the state systems and simulated officers")
    demo.add_argument("--no-simulated", action="store_true", help="without simulated officers")
    command("web", "the control plane alone")
    media = command("media", "the media node alone; media top: what every media node does now")
    media.add_argument("deed", nargs="?", choices=("top",), help="look at the nodes that run, instead of running one")
    media.add_argument("--once", action="store_true", help="media top: one table, then end")
    media.add_argument("--json", action="store_true", help="media top: one JSON object a look")
    command("standins", "stand-ins of the state systems alone")
    command("simulated", "simulated officers alone, for a demo that runs")
    command("migrate", "bring the ledger's tables up to date")
    _agency(command("agency", "agencies of an installation, also while it runs", runs=False))
    _people(command("people", "who may sign in by the state's sign-on, also while it runs", runs=False))
    doctor = command("doctor", "what is well with this installation and what is not, running or not", runs=False)
    doctor.add_argument("--var", help="directory of the embedded ledger and generated secrets (var)")
    doctor.add_argument("--demo", action="store_true", help="the demo's settings")
    doctor.add_argument("--json", action="store_true", help="one JSON object instead of text")
    command("publish", "months that are over become open data; the catalogue goes to the CKAN portal")
    command("config", "every setting, its value in force and what it means")
    command("errors", "every error code, what people read and whether to retry", runs=False)
    selftest = command("selftest", "a whole consultation without people: the installation check", runs=False)
    selftest.add_argument("--url", help="a running server; without it one is started and thrown away")
    selftest.add_argument("--json", action="store_true", help="one JSON object instead of text")
    agent = command("agent", "beside a kiosk's browser: moves its mouse and keys when a clerk allowed it", runs=False)
    agent.add_argument("--url", required=True, help="the service, as the kiosk's browser opens it")
    agent.add_argument(
        "--point", required=True, help="contact point at which the workstation stands, for example zeltini"
    )
    agent.add_argument("--name", required=True, help="the workstation's name, as it was enrolled")
    agent.add_argument("--state", default="~/.config/klatiene/agent.json", help="where its key is kept (%(default)s)")
    return parser


def _agency(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="deed")
    add = deeds.add_parser("add", help="add an agency with its administrator and supervisor; no restart is needed")
    add.add_argument("id", help="short name for addresses, for example vdi")
    add.add_argument("--code", help="as people know it, for example VDI (default: the id in capitals)")
    add.add_argument("--name-lv", required=True, help="full name in Latvian")
    add.add_argument("--name-en", required=True, help="full name in English")
    add.add_argument("--administrator", help="account of the administrator (administrator-ID)")
    add.add_argument("--supervisor", help="account of the supervisor (supervisor-ID)")
    known = deeds.add_parser("list", help="every agency, with its groups and officers counted")
    for deed in (add, known):
        deed.add_argument("--var", help="directory of the embedded ledger (var)")


def _people(parser: argparse.ArgumentParser) -> None:
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="deed")
    take = deeds.add_parser("import", help="take over a table: identifier,account,role,name,agency,point")
    take.add_argument("table", help="CSV file, or - for standard input; never the command line itself")
    remove = deeds.add_parser("remove", help="nobody signs in as this account any more")
    remove.add_argument("account")
    known = deeds.add_parser("list", help="accounts that somebody can sign in as")
    for deed in (take, remove, known):
        deed.add_argument("--var", help="directory of the embedded ledger (var)")
        deed.add_argument("--demo", action="store_true", help="the demo's settings")


if __name__ == "__main__":
    sys.exit(main())

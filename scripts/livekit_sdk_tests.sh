#!/bin/sh
# Run LiveKit's own Python SDK tests against this media node.
#
#   scripts/livekit_sdk_tests.sh CHECKOUT [pytest options]
#
# CHECKOUT is a checkout of github.com/livekit/python-sdks. Its tests run against the `livekit` wheel of this
# environment and against a node on free loopback ports. docs/compatibility.md tells what passes and why the rest does not.
set -eu
if [ $# -lt 1 ] || [ ! -d "$1/livekit-rtc/tests" ]; then
    echo "usage: $0 CHECKOUT-OF-PYTHON-SDKS [pytest options]" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")/.." && pwd)
checkout=$(cd "$1" && pwd)
shift
python=${PYTHON:-$here/.venv/bin/python}

LIVEKIT_API_KEY=devkey
LIVEKIT_API_SECRET=$("$python" -c 'import secrets; print(secrets.token_hex(24))')
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
LIVEKIT_URL=ws://127.0.0.1:$port
export LIVEKIT_URL LIVEKIT_API_KEY LIVEKIT_API_SECRET

work=$(mktemp -d)
PYTHONPATH=$here "$python" - "$port" >"$work/node.log" 2>&1 <<'PYTHON' &
import asyncio, os, sys
from signaling.config import SignalingConfig
from signaling.serve import run

keys = {os.environ["LIVEKIT_API_KEY"]: os.environ["LIVEKIT_API_SECRET"]}
asyncio.run(run(SignalingConfig(api_keys=keys, port=int(sys.argv[1]), udp_port=0, tcp_port=0)))
PYTHON
node=$!
trap 'kill "$node" 2>/dev/null || true; wait "$node" 2>/dev/null || true; rm -rf "$work"' EXIT INT TERM

"$python" - "$port" <<'PYTHON'
import sys, time, urllib.request
for _ in range(100):
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/healthz", timeout=1).close()
        break
    except OSError:
        time.sleep(0.1)
else:
    sys.exit("the node did not start")
PYTHON

# The two folders are separate runs: their conftest files and helpers do not mix.
status=0
cd "$checkout"
"$python" -P -m pytest livekit-rtc/tests/test_dc.py livekit-rtc/tests/test_audio.py livekit-rtc/tests/test_video.py \
    livekit-rtc/tests/test_change_video_quality.py livekit-rtc/tests/test_e2ee.py \
    livekit-rtc/tests/test_e2ee_per_participant.py livekit-rtc/tests/test_e2ee_shared_key.py \
    -p no:cacheprovider --timeout 120 -q -rA "$@" || status=$?
"$python" -P -m pytest tests/rtc/test_e2e.py tests/rtc/test_connection_quality.py \
    -p no:cacheprovider --timeout 120 -q -rA "$@" || status=$?
if grep -E "handler_failed|datagram_failed|tick_failed|timer_failed|Traceback" "$work/node.log"; then
    echo "the node logged errors" >&2
    status=1
fi
exit $status

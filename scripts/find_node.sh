#!/bin/sh
# Makes sure that node (20.19 or newer) and npm can be found in PATH: those of the system, or else the ones that come
# as a Python package, installed into the virtual environment named by the first argument.
set -eu
venv=$1

new_enough='const [major, minor] = process.versions.node.split(".").map(Number);
process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1)'

if command -v npm >/dev/null && node -e "$new_enough" 2>/dev/null; then
    exit 0
fi
echo "==> No Node 20.19 or newer here: installing one into $venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt

#!/bin/sh
# Creates the virtual environment named by the first argument with a Python that is new enough.
# PYTHON=/path/to/python chooses one; otherwise the first of the usual names that will do is taken.
set -eu
venv=$1

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

found=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
    if new_enough "$candidate"; then
        found=$candidate
        break
    fi
done
if [ -z "$found" ]; then
    echo "Klātiene needs Python 3.11 or newer; found: $(python3 --version 2>/dev/null || echo none)." >&2
    echo "Install one, or name it: make run PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "$found cannot make virtual environments: its venv module is missing." >&2
    echo "On Debian and Ubuntu: apt install python3-venv" >&2
    exit 1
fi
echo "==> Creating $venv with $("$found" --version)"
"$found" -m venv "$venv"

#!/bin/sh
# Resolves requirements/*.in into lock files with hashes. Later files follow the versions of the earlier ones, because
# they are installed into the same environment. Further arguments go to the resolver (--upgrade).
set -eu
cd "$(dirname "$0")/../requirements"

lock() {
    name=$1
    shift
    echo "==> $name.txt"
    ../.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header "$name.in" -o "$name.txt" "$@"
}

lock runtime "$@"
lock build -c runtime.txt "$@"
lock dev -c runtime.txt -c build.txt "$@"
lock node "$@"

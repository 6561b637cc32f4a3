#!/bin/sh
# Prints the path of a livekit-server, which Go builds the first time. The tests and the bench that set our node beside
# LiveKit's need it, nothing else does. It is kept outside the tree, for every checkout of this machine.
# With --can-be-had it only tells by its exit code whether there is one or there is Go.
set -eu

VERSION=v1.13.5

cache=${XDG_CACHE_HOME:-${HOME:?}/.cache}/klatiene/livekit-server-$VERSION
program=$cache/server
go=$(command -v go || echo /usr/local/go/bin/go)
if [ "${1:-}" = --can-be-had ]; then
    [ -x "$program" ] || [ -x "$go" ]
    exit
fi
if [ ! -x "$program" ]; then
    if [ ! -x "$go" ]; then
        echo "Go is needed to build livekit-server $VERSION: install it, or put the program at $program" >&2
        exit 1
    fi
    echo "==> Building livekit-server $VERSION (a few minutes, once)" >&2
    mkdir -p "$cache"
    # outside a module, whatever module the caller stands in
    (cd "$cache" && GOBIN=$cache GOFLAGS=-mod=mod nice -n 5 "$go" install "github.com/livekit/livekit-server/cmd/server@$VERSION")
fi
echo "$program"

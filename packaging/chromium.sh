#!/bin/sh
# Makes sure Debian's Chromium is there for the browser tests; says so and goes on where it cannot be installed, in which
# case pytest reports those tests as skipped.
set -eu
command -v chromium >/dev/null && exit 0

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi
}
if command -v apt-get >/dev/null && as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends chromium >/dev/null; then
    exit 0
fi
echo "chromium is missing and could not be installed: browser tests will be skipped" >&2

#!/bin/sh
# Makes sure that the browser tests can run: Debian's Chromium, and the library that Playwright's own Node needs and does
# not bring. Where they cannot be installed it says so, and pytest reports those tests as skipped; in CI that is a failure.
set -eu

missing=
command -v chromium >/dev/null || missing=chromium
/sbin/ldconfig -p | grep -q 'libatomic\.so\.1' || missing="$missing libatomic1"
[ -n "$missing" ] || exit 0

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo -n "$@"; else return 1; fi
}
# The names are split into words on purpose.
# shellcheck disable=SC2086
if command -v apt-get >/dev/null && as_root apt-get update -qq &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null; then
    exit 0
fi
echo "could not be installed: $missing; browser tests will be skipped" >&2
[ "${CI:-}" != true ]

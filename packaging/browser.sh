#!/bin/sh
# Makes sure that the browser tests can run: Debian's Chromium and Firefox, WebKit with its driver and a screen for it, and
# the library that Playwright's own Node needs and does not bring. Where they cannot be installed it says so, and pytest
# reports those tests as skipped; in CI that is a failure.
set -eu

missing=
need() { command -v "$1" >/dev/null || missing="$missing $2"; }
need chromium chromium
need firefox-esr firefox-esr
need WebKitWebDriver webkit2gtk-driver
need Xvfb xvfb
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
echo "could not be installed:$missing; browser tests that need them will be skipped" >&2
[ "${CI:-}" != true ]

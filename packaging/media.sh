#!/bin/sh
# Makes sure that the tests of files can run: bubblewrap, which fences in the worker that looks at files, ffmpeg for sound
# and video, and ClamAV's daemon and tools for the virus scan. Where they cannot be installed it says so, and pytest reports
# those tests as skipped; in CI that is a failure.
set -eu

missing=
need() { PATH="$PATH:/usr/sbin" command -v "$1" >/dev/null || missing="$missing $2"; }
need bwrap bubblewrap
need ffmpeg ffmpeg
need clamd clamav-daemon
need sigtool clamav
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
echo "could not be installed:$missing; tests that need them will be skipped" >&2
[ "${CI:-}" != true ]

#!/bin/sh
# Tries the fence of production (`make fence`) where this machine can boot a systemd, and says loudly where it cannot: that
# needs root, Debian's systemd-container, and rights that many containers do not have. What fails once it boots is a failure.
set -eu
cd "$(dirname "$0")/.."

if ! command -v systemd-nspawn >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends systemd systemd-container >/dev/null || true
fi
if reason=$(.venv/bin/python -m tests.files.booted); then
    exec make --no-print-directory fence
fi
printf '\n#####\n##### NOT TRIED: the fence of production. No systemd can be booted here: %s\n#####\n\n' "$reason"

#!/bin/sh
# Draws the PNG icons from the SVG ones with Chromium; run after changing a drawing, and commit what it writes.
set -eu
cd "$(dirname "$0")"
out=../public
page=$(mktemp --suffix=.html)
trap 'rm -f "$page"' EXIT

draw() { # drawing, size, file
    printf '<!doctype html><body style="margin:0"><img src="file://%s/%s" width="%s" height="%s" style="display:block">' \
        "$PWD" "$1" "$2" "$2" >"$page"
    chromium --headless --no-sandbox --hide-scrollbars --allow-file-access-from-files --force-device-scale-factor=1 \
        --default-background-color=00000000 --window-size="$2,$2" --screenshot="$PWD/$out/$3" "file://$page" 2>/dev/null
}

cp icon.svg "$out/icon.svg"
draw icon.svg 192 icon-192.png
draw icon.svg 512 icon-512.png
draw maskable.svg 512 icon-maskable-512.png
draw maskable.svg 180 icon-180.png

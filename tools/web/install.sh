#!/bin/bash
# Installs what the dashboard is built with: install.sh WEB_DIR. Does nothing when the lock file has not changed since.
# Several build directories share node_modules, so it is written under an exclusive lock; who uses it holds a shared one.
set -euo pipefail

fail() {
    echo "web: $1" >&2
    echo "web: \`./dev build\` installs what the dashboard needs; see CONTRIBUTING.md to do it by hand." >&2
    exit 1
}

command -v node >/dev/null || fail "node is not installed (20.19 or later is needed)"
command -v npm >/dev/null || fail "npm is not installed (version 10 or later is needed)"

cd "$1"
exec 9>.build-lock
flock 9

installed=node_modules/.package-lock.json
[ -e "$installed" ] && [ ! package-lock.json -nt "$installed" ] && exit 0

npm_version=$(npm --version 2>/dev/null)
[ "${npm_version%%.*}" -ge 10 ] || fail "npm $npm_version cannot install this lock file; run: npm install -g npm@11"
npm ci --no-audit --no-fund --loglevel=error || fail "npm ci failed; is the package registry reachable?"
touch "$installed"

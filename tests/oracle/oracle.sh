#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tests against the official SDKs. 77 says "skipped" to CTest: on a machine without node, npm
# or a registry there is no oracle to ask, and nothing of Patchbay is wrong.
set -euo pipefail

usage() {
  cat <<'END'
oracle.sh install SOURCE DIR   copy the tests to DIR and install the SDKs that package-lock.json pins
oracle.sh run DIR NAME         run DIR/NAME.mjs, a test that was installed there
END
}

skip() {
  echo "SKIPPED: $*"
  exit 77
}

need_node() {
  command -v node >/dev/null || skip "there is no node; install nodejs (18 or newer) to run the tests of label 'oracle'"
  local major
  major=$(node --print 'parseInt(process.versions.node)')
  [ "$major" -ge 18 ] || skip "node $(node --version) is too old; the SDKs need 18 or newer (fetch, web streams)"
}

# Are the SDKs in DIR those that its lock pins?
installed() { cmp --silent "$1"/package-lock.json "$1"/node_modules/.installed-lock; }

# The tests lie beside node_modules, because an import is looked up from where its file is.
install() {
  local source=$1 dir=$2 log
  need_node
  command -v npm >/dev/null || skip "there is no npm; install npm to run the tests of label 'oracle'"
  mkdir -p "$dir"
  cp "$source"/*.mjs "$source"/package.json "$source"/package-lock.json "$dir"
  cd "$dir"
  if installed .; then
    echo "the SDKs are installed already"
    return
  fi
  # No scripts: nothing that the lock does not pin by its hash gets here.
  if ! log=$(npm ci --ignore-scripts --no-audit --no-fund 2>&1); then
    echo "$log"
    grep -Eq 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED' <<<"$log" &&
      skip "npm cannot reach its registry"
    exit 1
  fi
  echo "$log"
  cp package-lock.json node_modules/.installed-lock
}

run() {
  local dir=$1 name=$2
  need_node
  installed "$dir" || skip "the SDKs are not installed; see the test oracle.install"
  exec node "$dir/$name.mjs"
}

case "${1:-}" in
  install) install "$2" "$3" ;;
  run) run "$2" "$3" ;;
  --help | -h) usage ;;
  *) usage >&2; exit 2 ;;
esac

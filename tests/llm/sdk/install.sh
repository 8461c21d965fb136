#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh PYTHON DIRECTORY   the official SDK for Python, as it is and as it was before 2.0:
# DIRECTORY/venv, and DIRECTORY/sdk_1 to be looked into first. What is pinned otherwise since is
# installed anew; where there is no package index, that is said, and nothing is installed.
set -eu
python=$1 home=$2
here=$(cd "$(dirname "$0")" && pwd)
mark=$home/installed

if cat "$here/requirements.txt" "$here/sdk_1.txt" | cmp -s - "$mark"; then exit 0; fi
rm -rf "$home"
mkdir -p "$home"
"$python" -m venv "$home/venv"
pip() {
  "$home/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: "$@" && return
  echo "skipped: the SDK is not to be had from the package index"
  exit 0
}
pip -r "$here/requirements.txt"
pip -r "$here/sdk_1.txt" --target "$home/sdk_1"
cat "$here/requirements.txt" "$here/sdk_1.txt" >"$mark"

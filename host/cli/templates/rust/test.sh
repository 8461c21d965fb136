#!/bin/sh
# Builds the agent, checks that it keeps the rules of the ABI, and that it answers.
set -eu
cd "$(dirname "$0")"
PATH="$PATH:@PATCHBAY_DIR@"
cargo build --release --offline
cp target/release/lib@LIBRARY@.so @NAME@.so
patchbay check @NAME@.so
patchbay call @NAME@.so --say "two coffees" | tee /dev/stderr | grep -q "You said: two coffees"
echo "@NAME@ answers"

#!/usr/bin/env bash
# Checks the model of the choreography exhaustively, in several sizes. Then takes one rule after the other out: the model must fail each
# time, or it could not show anything.
set -euo pipefail
cd "$(dirname "$0")"
model=$PWD/choreography.pml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

missing=()
command -v spin > /dev/null || missing+=(spin)
command -v gcc > /dev/null || missing+=(gcc libc6-dev)
if [ ${#missing[@]} -gt 0 ]; then
  apt-get -q -o DPkg::Lock::Timeout=600 update > /dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${missing[@]}" > /dev/null
fi

# Prints the number of states. Returns 0 when every state was visited and none violates an assertion or is stuck, 1 when one does, and
# 2 when the search proves nothing.
check() {
  (
    cd "$work"
    rm -f pan pan.* choreography.pml.trail
    spin -a "$@" "$model" > spin.log && gcc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c && ./pan -m200000 > pan.log || exit 2
    grep -oE "^ *[0-9]+ states, stored" pan.log | tr -s ' '
    ! grep -q "errors: [1-9]" pan.log || exit 1
    grep -q "errors: 0" pan.log && ! grep -qE "Search not completed|search depth too small" pan.log || exit 2
  )
}

failed=0
expect() {
  local expected=$1 verdict=0 states
  shift
  states=$(check "$@") || verdict=$?
  case "$expected $verdict" in
    "0 0") echo "holds:$states with $*" ;;
    "1 1") echo "fails, as it must, with $*" ;;
    *) echo "NOT as expected ($verdict instead of $expected) with $*"; failed=1 ;;
  esac
}
passes() { expect 0 "$@"; }
fails() { expect 1 "$@"; }

passes -DDUPLICATES=1 -DLOST=1 -DMOODS=1
passes -DDUPLICATES=0 -DLOST=2 -DMOODS=2
passes -DPATIENT -DORDERS=2 -DSTOCK=1 -DDUPLICATES=0 -DLOST=0 -DMOODS=0

fails -DWITHOUT_TOMBSTONE -DDUPLICATES=0 -DLOST=0 -DMOODS=0
fails -DWITHOUT_STOCK_CHECK -DPATIENT -DORDERS=2 -DDUPLICATES=0 -DLOST=0 -DMOODS=0
fails -DWITHOUT_RELEASING_ONCE -DLOST=0 -DMOODS=0
fails -DWITHOUT_WAITING_FOR_STOCK -DDUPLICATES=0 -DLOST=0 -DMOODS=0
fails -DWITHOUT_REFUND_OF_LATE_CHARGE -DDUPLICATES=0 -DMOODS=0
fails -DWITHOUT_CANCELLED_POLICY -DDUPLICATES=0 -DLOST=0 -DMOODS=0
fails -DWITHOUT_LATE_FAILURES -DDUPLICATES=0 -DLOST=0

exit $failed

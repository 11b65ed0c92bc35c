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

# Prints the number of states, and succeeds if no state violates an assertion and none is stuck.
check() {
  (
    cd "$work"
    rm -f pan pan.* _spin_nvr.tmp choreography.pml.trail
    spin -a "$@" "$model" > spin.log || { cat spin.log; exit 2; }
    gcc -O2 -DSAFETY -DCOLLAPSE -o pan pan.c
    ./pan -m200000 > pan.log
    # An incomplete search proves nothing.
    ! grep -qE "Search not completed|search depth too small|out of memory" pan.log || grep -q "errors: [1-9]" pan.log || exit 2
    grep -oE "^ *[0-9]+ states, stored" pan.log | tr -s ' '
    grep -q "errors: 0" pan.log
  )
}

failed=0
passes() {
  if states=$(check "$@"); then echo "holds:$states with $*"; else echo "FAILS with $*: spin -t -p shows how"; failed=1; fi
}
fails() {
  if states=$(check "$@"); then echo "HOLDS with $*, where it must fail"; failed=1; else echo "fails, as it must, with $*"; fi
}

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
fails -DWITHOUT_END_OF_LATE_WATCH -DDUPLICATES=0 -DLOST=0 -DMOODS=0

exit $failed

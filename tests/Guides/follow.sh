#!/usr/bin/env bash
# follow.sh [PAGE…]: does what pages of docs/guides tell, from the first line to the last, and stops at the first step that fails.
# A block "diff" is applied, a block "console" is run. Pages that change the sources are followed in a copy of the last commit, those that
# start a shop themselves in this checkout, the others in a shop of this checkout, which is built already.
set -euo pipefail
cd "$(dirname "$0")/../.."
copy=.artifacts/guides/copy

# Writes the blocks of page $1 into files of folder $2, called 1.diff, 2.console and so on.
extract() {
  awk -v steps="$2" '
    /^```/ && file { file = ""; next }
    /^```(diff|console)$/ { file = steps "/" ++count "." substr($0, 4); next }
    file { print > file }' "$1"
}

# Takes all blocks of the current page in order; $1 is the folder that has them. What a block defines, later blocks know.
follow() {
  local step_number step_file
  for ((step_number = 1; ; step_number++)); do
    step_file=$(echo "$1"/$step_number.*)
    case $step_file in
      *.diff)
        echo "-- step $step_number: change $(grep -h '^+++ ' "$step_file" | cut -c7- | paste -sd ' ')"
        git apply "$step_file"
        ;;
      *.console)
        echo "-- step $step_number:"
        cat "$step_file"
        echo "--"
        source "$step_file"
        ;;
      *) return 0 ;;
    esac
  done
}

if [ "${1:-}" = --in-the-shop ]; then
  follow "$2"
  exit
fi

pages=("$@")
[ ${#pages[@]} -gt 0 ] || mapfile -t pages < <(ls docs/guides/*.md | grep -v README)
for page in "${pages[@]}"; do
  echo "== $page"
  steps=$(mktemp -d)
  extract "$page" "$steps"
  if ls "$steps"/*.diff >/dev/null 2>&1; then
    [ -d $copy ] || git clone -q . $copy
    git -C $copy fetch -q origin HEAD
    git -C $copy reset -q --hard FETCH_HEAD
    git -C $copy clean -qfd
    (cd $copy && follow "$steps")
  elif grep --quiet 'exec --services' "$steps"/*.console; then
    (follow "$steps")
  else
    dotnet .artifacts/bin/ShopSaga.Local/release/ShopSaga.Local.dll exec --services --fresh --base-port=auto --rate-limits=relaxed -- \
      bash tests/Guides/follow.sh --in-the-shop "$steps"
  fi
  rm -r "$steps"
done
echo "${#pages[@]} guides followed"

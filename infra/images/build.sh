#!/usr/bin/env bash
# Builds an image for every program, shopsaga/NAME:TAG, with docker, podman or buildah, the first one that is installed.
#
#   infra/images/build.sh [TAG]         TAG is "dev" unless given
#   SHOPSAGA_REGISTRY                   put in front of the names, such as ghcr.io/shop/
#   SHOPSAGA_BUILD_OPTIONS              more options for the builder
set -euo pipefail
cd "$(dirname "$0")/../.."
tag=${1:-dev}

builder() {
  if command -v docker >/dev/null && docker info >/dev/null 2>&1; then echo docker build
  elif command -v podman >/dev/null; then echo podman build --format=docker --layers
  elif command -v buildah >/dev/null; then echo buildah build --format=docker --layers
  else echo "Neither a Docker engine nor podman nor buildah is here: install one of them." >&2; return 1
  fi
}
read -ra build <<<"$(builder)"
read -ra more <<<"${SHOPSAGA_BUILD_OPTIONS:-}"
# A commit's images are the same whenever they are built.
revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
created=$(TZ=UTC git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd 2>/dev/null || echo 1970-01-01T00:00:00Z)

log=$(mktemp) && trap 'rm -f "$log"' EXIT
while read -r program; do
  name=${program#ShopSaga.}
  image=${SHOPSAGA_REGISTRY:-}shopsaga/${name,,}:$tag
  "${build[@]}" "${more[@]}" --tag "$image" --build-arg "PROGRAM=$program" --build-arg "VERSION=$tag" \
    --build-arg "REVISION=$revision" --build-arg "CREATED=$created" --file Dockerfile . </dev/null >"$log" 2>&1 \
    || { cat "$log" >&2; exit 1; }
  echo "$image"
done < <(dotnet msbuild infra/images/Programs.proj -getItem:Program | sed -n 's/.*"Filename": "\(.*\)".*/\1/p')

#!/usr/bin/env bash
# Builds the base images where no registry can be reached, under the names that the Dockerfile and the Compose files use: .NET as it is
# on this machine, and servers from the distribution's packages, which understand the same variables as the official images. Needs root,
# on Debian.
#
#   tests/Containers/base-images.sh          takes seconds when the images are there
set -euo pipefail
cd "$(dirname "$0")"
compose=../../infra/compose

tools=(podman buildah podman-compose catatonit netavark aardvark-dns runc iptables ca-certificates curl jq)
programs=(postgresql rabbitmq-server redis-server prometheus prometheus-alertmanager prometheus-postgres-exporter prometheus-redis-exporter)
missing=()
for package in "${tools[@]}" "${programs[@]}"; do
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
if ((${#missing[@]})); then
  # No service of the distribution's own is started by its installation.
  policy=$(mktemp) && printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"
  [ -e /usr/sbin/policy-rc.d ] || { ln -s "$policy" /usr/sbin/policy-rc.d; trap 'rm -f /usr/sbin/policy-rc.d' EXIT; }
  apt-get -qq -o DPkg::Lock::Timeout=600 update
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 install -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# The image that a Compose file names for a service.
image_of() { sed -n "/^  $2:/,/^  [a-z]/s/^    image: //p" "$compose/$1" | sed 's/^"\?\(\${[A-Z_]*:-\)\?\([^}"]*\).*/\2/'; }

# The files of installed packages and their dependencies, as a tar archive. A folder stands before its contents.
files_of() {
  apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
    "$@" 2>/dev/null \
    | grep -E '^[a-z0-9]' | sort -u | while read -r package; do dpkg-query --listfiles "$package" 2>/dev/null || true; done \
    | sed -E 's#^/(bin|sbin|lib|lib64)(/|$)#/usr/\1\2#' \
    | grep -Ev '^/(\.|usr/share/(doc|man|locale|info|lintian)/.*)$|^/(proc|sys|dev|run)(/|$)' \
    | { cat; printf '%s\n' /bin /sbin /lib /lib64 /etc/{passwd,group,ld.so.cache,ssl/certs/ca-certificates.crt,alternatives} /tmp /run; } \
    | sort -u \
    | while read -r file; do if [ -e "$file" ] || [ -L "$file" ]; then printf '%s\n' "${file#/}"; fi; done \
    | tar --create --directory=/ --no-recursion --files-from=-
}

dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
base=(base-files dash bash coreutils findutils grep sed tar gzip libc-bin ca-certificates libssl3 libstdc++6 zlib1g tzdata netbase)
exists() { podman image exists "$1"; }
# Appends a folder to an archive, under its own path.
add() { tar --append --file="$1" --directory=/ "${@:2}"; }

work=$(mktemp -d --tmpdir=/var/tmp)
trap 'rm -rf "$work"; rm -f /usr/sbin/policy-rc.d' EXIT
argument() { sed -n "s/^ARG $1=//p" ../../Dockerfile; }
if ! exists "$(argument SDK)" || ! exists "$(argument RUNTIME)"; then
  files_of "${base[@]}" >"$work/base.tar"
  cp "$work/base.tar" "$work/runtime.tar"
  add "$work/runtime.tar" "${dotnet#/}/dotnet" "${dotnet#/}/host" "${dotnet#/}/shared"
  path="PATH=$dotnet:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
  common=(--change "ENV $path" --change "ENV DOTNET_ROOT=$dotnet")
  podman import --quiet "${common[@]}" --change 'ENV ASPNETCORE_HTTP_PORTS=8080' "$work/runtime.tar" "$(argument RUNTIME)" >/dev/null
  add "$work/base.tar" "${dotnet#/}"
  # Packages that this machine has are taken from it: mount its folder of packages there.
  podman import --quiet "${common[@]}" --change 'ENV NUGET_FALLBACK_PACKAGES=/var/nuget' "$work/base.tar" "$(argument SDK)" >/dev/null
  rm "$work"/*.tar
fi

servers=localhost/shopsaga/servers
if ! exists "$servers"; then
  files_of "${base[@]}" "${programs[@]}" procps gawk hostname adduser util-linux >"$work/servers.tar"
  podman import --quiet "$work/servers.tar" "$servers" >/dev/null
  rm "$work"/*.tar
fi

# A server: its image, and the rest of its Containerfile. An image from a registry stays; ours is built again, from the cache where nothing
# has changed.
server() {
  if ! exists "$1" || [ "$(podman image inspect --format '{{index .Labels "stand-in"}}' "$1")" = true ]; then
    printf 'FROM %s\nLABEL stand-in=true\n%s\n' "$servers" "$2" \
      | podman build --quiet --format=docker --tag "$1" --file - servers >/dev/null
  fi
}
server "$(image_of shop.yml postgresql)" 'COPY postgresql.sh /usr/local/bin/docker-entrypoint.sh
ENV PGDATA=/var/lib/postgresql/data
ENTRYPOINT ["bash", "/usr/local/bin/docker-entrypoint.sh"]
STOPSIGNAL SIGINT
CMD ["postgres"]'
server "$(image_of shop.yml rabbitmq)" 'COPY rabbitmq.sh /usr/local/bin/docker-entrypoint.sh
ENTRYPOINT ["bash", "/usr/local/bin/docker-entrypoint.sh"]
CMD ["rabbitmq-server"]'
server "$(image_of shop.yml redis)" 'USER redis
CMD ["redis-server", "--protected-mode", "no"]'
server "$(image_of observability.yml prometheus)" 'USER nobody
ENTRYPOINT ["prometheus"]'
server "$(image_of observability.yml alertmanager)" 'USER nobody
ENTRYPOINT ["prometheus-alertmanager"]'
server "$(image_of observability.yml postgresql-metrics)" 'USER nobody
ENTRYPOINT ["prometheus-postgres-exporter"]'
server "$(image_of observability.yml redis-metrics)" 'USER nobody
ENTRYPOINT ["prometheus-redis-exporter"]'

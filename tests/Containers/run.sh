#!/usr/bin/env bash
# Runs the shop in containers, with podman as root, where no registry can be reached: base images built here, the project's images from
# its Dockerfile, the Compose file by podman-compose; then every end-to-end scenario through the gateway, a kill, and a rolling restart
# under orders.
#
#   tests/Containers/run.sh [--no-build]      takes the images that are there
#   SHOPSAGA_PORT     the gateway's port, 9300 unless given
set -euo pipefail
cd "$(dirname "$0")/../.."
port=${SHOPSAGA_PORT:-9300}
# Storage of its own, so that nothing of the machine's is touched and everything goes with one folder.
store=${SHOPSAGA_CONTAINERS:-/var/tmp/shopsaga-containers}
mkdir -p "$store"
cat >"$store/containers.conf" <<CONF
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
# The runtime may not raise limits above its own.
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
log_driver = "k8s-file"
CONF
cat >"$store/storage.conf" <<CONF
[storage]
driver = "overlay"
graphroot = "$store/storage"
runroot = "$store/run"
CONF
export CONTAINERS_CONF=$store/containers.conf CONTAINERS_STORAGE_CONF=$store/storage.conf BUILDAH_ISOLATION=chroot
export SHOPSAGA_LISTEN=127.0.0.1:$port SHOPSAGA_URL=http://127.0.0.1:$port SHOPSAGA_SHUTDOWN_DELAY=00:00:02
export SHOPSAGA_RATE_USER=1000000/s SHOPSAGA_RATE_ADDRESS=1000000/s SHOPSAGA_RATE_ACCOUNT=1000000/s SHOPSAGA_RATE_PASSWORDS=1000000/s
# Packages that this machine has are not fetched again.
mkdir -p "$HOME/.nuget/packages"
export SHOPSAGA_BUILD_OPTIONS="--volume=$HOME/.nuget/packages:/var/nuget:ro --volume=/etc/ssl/certs:/etc/ssl/certs:ro"

gateway=http://127.0.0.1:$port
SECONDS=0
step() { printf '%4d s  %s\n' "$SECONDS" "$1"; }
compose() { podman-compose --project-name shopsaga --file infra/compose/shop.yml "$@" >>"$store/compose.log" 2>&1; }
down() {
  mapfile -t ours < <(podman ps --all --quiet --filter label=com.docker.compose.project=shopsaga)
  ((${#ours[@]} == 0)) || podman rm --force --time 5 "${ours[@]}" >/dev/null 2>&1 || true
  podman volume ls --quiet --filter label=com.docker.compose.project=shopsaga \
    | xargs --no-run-if-empty podman volume rm --force >/dev/null 2>&1 || true
}
ready() {
  for _ in $(seq 150); do
    curl --silent --fail --max-time 5 --output /dev/null "$gateway/health/ready" && return 0
    sleep 2
  done
  echo "The shop is not ready: $(curl --silent "$gateway/health/ready")" >&2
  podman ps --all --format '{{.Names}} {{.Status}}' >&2
  return 1
}

tests/Containers/base-images.sh
step "base images are there"
[ "${1:-}" = --no-build ] || infra/images/build.sh dev >/dev/null
step "$(podman images --quiet --filter reference='localhost/shopsaga/*' | wc -l) images are there"
# No secret, no source, not root, and a read-only root file system.
podman run --rm --read-only --network none --entrypoint bash shopsaga/orders:dev -c '
  [ "$(id -u)" = 1654 ] && ! touch /app/x 2>/dev/null &&
    ! find / -xdev \( -name "*.cs" -o -name "*.csproj" -o -name secrets.json \) 2>/dev/null | grep -q .'
step "an image runs as 1654, holds no source and cannot be written"

down
trap 'code=$?; ((code == 0)) || podman ps --all --format "{{.Names}} {{.Status}}" >&2; down; exit $code' EXIT
# podman-compose knows no conditions: secrets come first, and the rest waits by itself.
compose up --detach --no-build secrets
podman wait shopsaga_secrets_1 >/dev/null
compose up --detach --no-build
ready
step "the shop is ready"

password=$(podman exec shopsaga_users_1 cat /run/secrets/shopsaga/Admin__Password)
export SHOPSAGA_GATEWAY=$gateway SHOPSAGA_ADMIN_PASSWORD=$password
bash tests/e2e-all-scenarios.sh >"$store/e2e.log" || { grep -A4 '^not ok' "$store/e2e.log"; tail -1 "$store/e2e.log"; exit 1; }
step "every scenario: $(tail -1 "$store/e2e.log")"

# A customer who orders without pause, and remembers what was accepted.
post() { curl --silent --max-time 60 --header 'Content-Type: application/json' "${@:3}" --data "$2" "$gateway$1"; }
admin=$(post /auth/login "{\"email\": \"admin@shopsaga.local\", \"password\": \"$password\"}" | jq --raw-output .accessToken)
product=$(post /products '{"name": "Container", "category": "container", "price": 100, "stockQuantity": 100000}' \
  --header "Authorization: Bearer $admin" | jq .id)
customer="container-$RANDOM$RANDOM@example.com"
post /users "{\"email\": \"$customer\", \"password\": \"a long password\", \"name\": \"C\"}" >/dev/null
token=$(post /auth/login "{\"email\": \"$customer\", \"password\": \"a long password\"}" | jq --raw-output .accessToken)
order() { post /orders "{\"productId\": $product, \"quantity\": 1, \"paymentMethod\": \"CARD\"}" --header "Authorization: Bearer $token"; }
status() { curl --silent --header "Authorization: Bearer $token" "$gateway/orders/$1" | jq --raw-output .status; }
for _ in $(seq 60); do [ "$(order | jq .id)" != null ] && break; sleep 1; done

ordering() { while [ ! -e "$store/enough" ]; do order | jq --raw-output '.id // empty' >>"$store/orders"; sleep 0.3; done; }
rm -f "$store/enough" "$store/orders"
ordering &
podman kill --signal KILL shopsaga_payments_1 >/dev/null
podman start shopsaga_payments_1 >/dev/null 2>&1 || true
for service in users products orders payments settlement psp operations gateway; do
  podman restart --time 40 "shopsaga_${service}_1" >/dev/null 2>&1
done
ready
touch "$store/enough"
wait %1
for id in $(sort --numeric-sort --unique "$store/orders"); do
  for _ in $(seq 60); do [ "$(status "$id")" = CONFIRMED ] && continue 2; sleep 1; done
  echo "Order $id, accepted during the restarts, is $(status "$id")." >&2
  exit 1
done
step "a kill and a rolling restart: all $(sort --unique "$store/orders" | wc -l) orders accepted meanwhile are confirmed"

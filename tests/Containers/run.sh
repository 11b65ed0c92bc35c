#!/usr/bin/env bash
# Runs the shop in containers, with podman as root, where no registry can be reached: base images built here, the project's images from
# its Dockerfile, the Compose file by podman-compose; then every end-to-end scenario through the gateway, a kill, a rolling restart under
# orders, three instances; at last the chart by "podman kube play". The last line is "N passed, N failed".
#
#   tests/Containers/run.sh [--no-build] [--no-scenarios] [--only-chart]
#   SHOPSAGA_PORT     the gateway's port, 9300 unless given
set -euo pipefail
shopt -s inherit_errexit
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
[network]
network_backend = "netavark"
network_config_dir = "$store/networks"
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
passed=0
step() { printf '%4d s  %s\n' "$SECONDS" "$1"; }
check() { passed=$((passed + 1)); step "ok: $1"; }
fail() { echo "not ok: $1" >&2; return 1; }
compose() { podman-compose --project-name shopsaga --file infra/compose/shop.yml "$@" >>"$store/compose.log" 2>&1; }
down() {
  local ours
  mapfile -t ours < <(podman ps --all --quiet --filter label=com.docker.compose.project=shopsaga)
  ((${#ours[@]} == 0)) || podman rm --force --time 5 "${ours[@]}" >/dev/null 2>&1 || true
  podman volume ls --quiet --filter label=com.docker.compose.project=shopsaga \
    | xargs --no-run-if-empty podman volume rm --force >/dev/null 2>&1 || true
  podman network ls --quiet --filter label=com.docker.compose.project=shopsaga \
    | xargs --no-run-if-empty podman network rm --force >/dev/null 2>&1 || true
}
ready() {
  for _ in $(seq 150); do
    curl --silent --fail --max-time 5 --output /dev/null "$gateway/health/ready" && return 0
    sleep 1
  done
  fail "the shop is not ready: $(curl --silent --max-time 5 "$gateway/health/ready")"
}
source tests/Containers/kube.sh
finished=
finish() {
  local code=$?
  # A signal ends this with the code of the last command.
  [ "$finished" ] || code=$((code ? code : 1))
  ((code == 0)) || podman ps --all --format '{{.Names}} {{.Status}}' >&2
  kube_down
  down
  echo "$passed passed, $((code != 0)) failed"
  exit "$code"
}
trap finish EXIT

tests/Containers/base-images.sh
step "base images are there"
[[ " $* " = *' --no-build '* ]] || infra/images/build.sh dev >/dev/null
mapfile -t images < <(podman images --filter reference='localhost/shopsaga/*:dev' --format '{{.Repository}}:{{.Tag}}')
for image in "${images[@]}"; do
  # No secret, no source, not root, and a read-only root file system.
  podman run --rm --read-only --no-healthcheck --network none --entrypoint bash "$image" -c '
    [ "$(id -u)" = 1654 ] && ! touch /app/x 2>/dev/null &&
      ! find / -xdev \( -name "*.cs" -o -name "*.csproj" -o -name secrets.json \) 2>/dev/null | grep -q .' || fail "$image"
done
((${#images[@]} >= 10))
check "${#images[@]} images run as user 1654, hold no source and cannot be written"

down
kube_down
if [[ " $* " != *' --only-chart '* ]]; then
  # podman-compose knows no conditions: secrets come first, and the rest waits by itself.
  compose up --detach --no-build secrets
  podman wait shopsaga_secrets_1 >/dev/null
  compose up --detach --no-build
  ready
  check "the Compose file is up"

  password=$(podman exec shopsaga_users_1 cat /run/secrets/shopsaga/Admin__Password)
  export SHOPSAGA_GATEWAY=$gateway SHOPSAGA_ADMIN_PASSWORD=$password
  if [[ " $* " != *' --no-scenarios '* ]]; then
    bash tests/e2e-all-scenarios.sh >"$store/e2e.log" || { grep -A4 '^not ok' "$store/e2e.log"; fail "$(tail -1 "$store/e2e.log")"; }
    check "every scenario through the gateway: $(tail -1 "$store/e2e.log")"
  fi

  # A customer who orders without pause, and remembers what was accepted.
  post() { curl --silent --max-time 60 --header 'Content-Type: application/json' "${@:3}" --data "$2" "$gateway$1"; }
  # The value of a filter in a command's answer, as soon as there is one: services that have just started refuse at times.
  again() {
    local value
    for _ in $(seq 60); do
      value=$("${@:2}" | jq --raw-output "$1 // empty" 2>/dev/null || true)
      [ -z "$value" ] || { printf '%s' "$value"; return 0; }
      sleep 1
    done
    fail "no $1 of $2"
  }
  log_in() { post /auth/login "{\"email\": \"$1\", \"password\": \"$2\"}"; }
  register() { post /users "{\"email\": \"$1\", \"password\": \"$2\", \"name\": \"C\"}" >/dev/null; log_in "$1" "$2"; }
  admin=$(again .accessToken log_in admin@shopsaga.local "$password")
  product=$(again .id post /products '{"name": "Container", "category": "container", "price": 100, "stockQuantity": 100000}' \
    --header "Authorization: Bearer $admin")
  token=$(again .accessToken register "container-$RANDOM$RANDOM@example.com" "a long password")
  order() {
    post /orders "{\"productId\": $product, \"quantity\": 1, \"paymentMethod\": \"CARD\"}" --header "Authorization: Bearer $token"
  }
  status() { curl --silent --max-time 10 --header "Authorization: Bearer $token" "$gateway/orders/$1" | jq --raw-output .status; }
  again .id order >/dev/null

  ordering() {
    while [ ! -e "$store/enough" ]; do
      order | jq --raw-output '.id // empty' >>"$store/orders" 2>/dev/null || true
      sleep 0.3
    done
  }
  confirmed() {
    local id
    [ -s "$store/orders" ] || fail "no order was accepted"
    for id in $(sort --numeric-sort --unique "$store/orders"); do
      for _ in $(seq 60); do [ "$(status "$id")" = CONFIRMED ] && continue 2; sleep 1; done
      fail "order $id was accepted, and is $(status "$id")"
    done
    sort --unique "$store/orders" | wc -l
  }
  # Orders while "$@" runs; all that were accepted are confirmed.
  under_orders() {
    rm -f "$store/enough"
    : >"$store/orders"
    ordering &
    "$@"
    ready
    touch "$store/enough"
    wait $!
  }
  pid() { podman inspect --format '{{.State.Pid}}' "$1"; }
  kill_and_come_back() {
    local before
    before=$(pid shopsaga_payments_1)
    kill -KILL "$before"
    for _ in $(seq 60); do
      case $(pid shopsaga_payments_1) in 0 | "$before") sleep 1 ;; *) return 0 ;; esac
    done
    fail "shopsaga_payments_1 was killed and is not back"
  }
  restart_one_by_one() {
    local service
    for service in users products orders payments settlement psp operations web gateway; do
      podman restart --time 40 "shopsaga_${service}_1" >/dev/null 2>&1
    done
  }
  # What docs/operations.md and docs/operations/secrets.md tell operators to do.
  compose run -T --rm --no-deps provision verify || fail "the books: $(tail -20 "$store/compose.log")"
  check "Verify runs beside the shop, and the books balance"
  compose run -T --rm --no-deps --entrypoint sed secrets -i \
    "s/\"web-sessions\": \"[^\"]*\"/\"web-sessions\": \"$(openssl rand -hex 20)\"/" /secrets/provision/passwords.json
  before=$(podman exec shopsaga_web_1 cat /run/secrets/shopsaga/Sessions__Key)
  compose run -T --rm --no-deps secrets
  [ "$(podman exec shopsaga_web_1 cat /run/secrets/shopsaga/Sessions__Key)" != "$before" ] || fail "the session key is the same"
  compose restart web
  ready
  check "the session key was changed"

  under_orders kill_and_come_back
  count=$(confirmed)
  check "Payments was killed and is back: all $count orders accepted meanwhile are confirmed"
  under_orders restart_one_by_one
  count=$(confirmed)
  check "a rolling restart: all $count orders accepted meanwhile are confirmed"

  # podman-compose takes --scale, and ignores it.
  echo 'services: {orders: {deploy: {replicas: 3}}}' >"$store/scale.yml"
  compose --file "$store/scale.yml" up --detach --no-build
  instances() { podman ps --quiet --filter name='^shopsaga_orders_' | wc -l; }
  for _ in $(seq 60); do (($(instances) == 3)) && break; sleep 1; done
  (($(instances) == 3)) || fail "$(instances) instances of Orders"
  ready
  : >"$store/orders"
  for _ in $(seq 12); do order | jq --raw-output '.id // empty' >>"$store/orders"; done
  count=$(confirmed)
  ((count == 12)) || fail "$count of 12 orders were accepted"
  check "three instances of Orders: 12 orders are confirmed"
  down
  check "everything is down"
fi

helm=$(command -v helm || echo "$HOME/.cache/shopsaga/helm")
if [ -x "$helm" ]; then
  kube=$store/kube
  rm -rf "$kube" && mkdir -p "$kube"
  kube_secrets
  kube_servers
  kube_play
  kube_test
  check "the chart's Deployments, ConfigMaps and Secrets run: $(tail -1 "$kube/test.log")"
else
  step "no Helm is here: the chart is not run (dotnet test tests/Containers fetches one)"
fi
finished=yes

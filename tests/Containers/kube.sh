# Sourced by run.sh: the chart's Deployments, ConfigMaps and Secrets, run by "podman kube play" until an order is confirmed. $kube is a
# folder of the run's own. Podman 4.3 knows no Services, Jobs, HorizontalPodAutoscalers, NetworkPolicies or PodDisruptionBudgets: a pod gets
# the name of its Service on the network, "local provision" stands for the provision job, and services make their tables while they start.
# It runs one replica, ignores topology spread, seccompProfile and fsGroup, and runs no probes (it knows none for the start, takes no names
# of ports, and needs systemd).

kube_down() {
  podman pod ls --quiet --filter network=shopsaga-kube | xargs --no-run-if-empty podman pod rm --force --time 5 >/dev/null 2>&1 || true
  podman rm --force --time 5 kube-postgresql kube-rabbitmq kube-redis >/dev/null 2>&1 || true
  podman secret ls --format '{{.Name}}' | grep '^shopsaga-' | xargs --no-run-if-empty podman secret rm >/dev/null 2>&1 || true
  podman volume ls --quiet | grep '^shopsaga-' | xargs --no-run-if-empty podman volume rm --force >/dev/null 2>&1 || true
  podman network rm --force shopsaga-kube >/dev/null 2>&1 || true
}

# The file of a Secret's key, as a container reads it.
kube_secrets() {
  podman run --rm --no-healthcheck shopsaga/local:dev secrets --kubernetes=shopsaga | grep '^{' >"$kube/secrets.json"
  while read -r name; do
    mkdir -p "$kube/$name"
    jq --raw-output "select(.metadata.name == \"shopsaga-$name\") | .stringData | keys[]" "$kube/secrets.json" | while read -r key; do
      jq --join-output --arg key "$key" "select(.metadata.name == \"shopsaga-$name\") | .stringData[\$key]" "$kube/secrets.json" \
        >"$kube/$name/$key"
    done
  done < <(jq --raw-output '.metadata.name | ltrimstr("shopsaga-")' "$kube/secrets.json")
}

kube_servers() {
  local compose=infra/compose/shop.yml
  image() { sed -n "/^  $1:/,/^  [a-z]/s/^    image: //p" "$compose"; }
  podman network create shopsaga-kube >/dev/null
  podman run --detach --name kube-postgresql --network shopsaga-kube:alias=postgresql \
    --volume "$kube/postgresql:/run/secrets/shopsaga:ro" \
    --env POSTGRES_USER=shopsaga --env POSTGRES_PASSWORD_FILE=/run/secrets/shopsaga/password --env POSTGRES_DB=postgres \
    "$(image postgresql)" postgres -c max_connections=300 >/dev/null
  podman run --detach --name kube-rabbitmq --hostname rabbitmq --network shopsaga-kube:alias=rabbitmq \
    --volume "$kube/rabbitmq:/etc/rabbitmq/conf.d:ro" --volume "$PWD/infra/compose/rabbitmq-plugins:/etc/rabbitmq/enabled_plugins:ro" \
    "$(image rabbitmq)" >/dev/null
  podman run --detach --name kube-redis --network shopsaga-kube:alias=redis "$(image redis)" redis-server --protected-mode no >/dev/null
  for _ in $(seq 60); do
    podman run --rm --no-healthcheck --read-only --network shopsaga-kube --volume "$kube/provision:/run/secrets/shopsaga:ro" \
      shopsaga/local:dev provision /run/secrets/shopsaga >"$kube/provision.log" 2>&1 && return 0
    sleep 2
  done
  cat "$kube/provision.log" >&2
  return 1
}

# A file for each Deployment, with its ConfigMap and its Secret. Podman 4.3 wants secrets in base64, crashes where a volume does not say
# whether its Secret is optional, and opens a pod's ports on the machine, where only one can have 8080.
kube_play() {
  "$helm" template shop infra/helm/shopsaga --set "url=$SHOPSAGA_URL,redis.address=redis:6379,broker.management=http://rabbitmq:15672" \
    --set image.registry=localhost/,image.tag=dev,image.pullPolicy=Never,defaults.replicas.min=1 \
    --set migrations.enabled=false,autoscaling.enabled=false,networkPolicy.enabled=false,test.enabled=false \
    2>/dev/null >"$kube/release.yaml"
  csplit --quiet --suppress-matched --prefix "$kube/object-" --suffix-format %03d.yaml "$kube/release.yaml" '/^---$/' '{*}'
  local service name file
  for service in psp users products orders payments settlement web operations gateway; do
    name=shop-$service
    {
      jq --compact-output --arg name "shopsaga-$service" \
        'select(.metadata.name == $name) | .data = (.stringData | map_values(@base64)) | del(.stringData)' "$kube/secrets.json"
      for object in $(grep --files-with-matches --line-regexp "  name: $name" "$kube"/object-*.yaml); do
        grep --quiet -E '^kind: (ConfigMap|Deployment)$' "$object" || continue
        echo ---
        sed -e 's/^\( *\)secretName: .*/&\n\1optional: false/' -e '/^ *ports: \[/d' "$object"
      done
    } >"$kube/$service.yaml"
    podman kube play --start=false --network "shopsaga-kube:alias=$name" "$kube/$service.yaml" >>"$kube/play.log" 2>&1 \
      || { tail -20 "$kube/play.log" >&2; return 1; }
    # It writes the files of a Secret in base64.
    for file in "$(podman volume inspect --format '{{.Mountpoint}}' "shopsaga-$service")"/*; do
      base64 --decode "$file" >"$kube/plain"
      cp "$kube/plain" "$file"
    done
    podman pod start "$name-pod-0" >>"$kube/play.log" 2>&1
  done
}

# From inside the network: the chart's own test places an order.
kube_test() {
  for _ in $(seq 90); do
    podman run --rm --no-healthcheck --network shopsaga-kube --entrypoint bash --volume "$kube/users:/run/secrets/shopsaga:ro" \
      --volume "$PWD/infra/helm/shopsaga/test.sh:/test.sh:ro" \
      shopsaga/local:dev /test.sh shop-gateway admin@shopsaga.local >"$kube/test.log" 2>&1 && { cat "$kube/test.log"; return 0; }
    sleep 2
  done
  cat "$kube/test.log" >&2
  podman ps --all --format '{{.Names}} {{.Status}}' >&2
  return 1
}

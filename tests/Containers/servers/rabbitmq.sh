# What the official image's entry point does with what infra/compose mounts: /etc/rabbitmq/conf.d and /etc/rabbitmq/enabled_plugins.
set -euo pipefail
if [ "$(id -u)" = 0 ]; then
  mkdir -p /var/lib/rabbitmq
  chown -R rabbitmq: /var/lib/rabbitmq
  exec setpriv --reuid=rabbitmq --regid=rabbitmq --init-groups bash "$0" "$@"
fi
export HOME=/var/lib/rabbitmq
export RABBITMQ_LOGS=- RABBITMQ_MNESIA_BASE=$HOME/mnesia RABBITMQ_PID_FILE=$HOME/pid RUNNING_UNDER_SYSTEMD=true
# The distribution's broker reads one file.
cat /etc/rabbitmq/conf.d/*.conf >"$HOME/rabbitmq.conf"
export RABBITMQ_CONFIG_FILE=$HOME/rabbitmq.conf
exec "/usr/lib/rabbitmq/bin/$1"

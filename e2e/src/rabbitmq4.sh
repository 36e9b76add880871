# Runs one RabbitMQ node of a Debian root, as the first process of namespaces of its own, until its standard input ends:
# then, or when it is killed, the kernel ends whatever is left in them and forgets the mounts.
#   rabbitmq4.sh ROOT DATA EPMD_PORT DISTRIBUTION_PORT
set -eu
root=$1 data=$2 epmd=$3 distribution=$4
mount --bind "$data" "$root/srv"
mount --rbind /dev "$root/dev"
set -- "$root"/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin
sbin=${1#"$root"}
local='-kernel inet_dist_use_interface {127,0,0,1}'

inside() {
    exec chroot "$root" /usr/bin/env -i "PATH=$sbin:/usr/lib/erlang/bin:/usr/sbin:/usr/bin:/sbin:/bin" LANG=C.UTF-8 \
        HOME=/srv/home ERL_CRASH_DUMP_SECONDS=0 ERL_EPMD_ADDRESS=127.0.0.1 "ERL_EPMD_PORT=$epmd" \
        RABBITMQ_NODENAME=four@localhost "RABBITMQ_DIST_PORT=$distribution" RABBITMQ_DATA_DIR=/srv/data \
        RABBITMQ_MNESIA_BASE=/srv/mnesia RABBITMQ_SCHEMA_DIR=/srv/schema RABBITMQ_LOG_BASE=/srv/log \
        RABBITMQ_PID_FILE=/srv/pid RABBITMQ_CONFIG_FILE=/srv/conf/rabbitmq RABBITMQ_CONFIG_FILES=/srv/conf/conf.d \
        RABBITMQ_ADVANCED_CONFIG_FILE=/srv/conf/advanced.config RABBITMQ_GENERATED_CONFIG_DIR=/srv/conf/generated \
        RABBITMQ_ENABLED_PLUGINS_FILE=/srv/conf/enabled_plugins RABBITMQ_CONF_ENV_FILE=/srv/conf/rabbitmq-env.conf \
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-noinput +B i $local" "$@"
}

inside epmd -port "$epmd" -address 127.0.0.1 </dev/null &
inside "$sbin/rabbitmq-server" </dev/null >"$data/log/console.log" 2>&1 &
cat >/dev/null
# All but this one.
kill -9 -1
wait
# They may still be writing what they had begun.
rm -rf "$data" || { sleep 1 && rm -rf "$data"; }

# Runs one server for a process that may die at any moment, and ends the server when that process says so or is gone.
#
#   SUPERVISE="$(cat supervise.sh)" sh -c 'eval "$SUPERVISE"' NAME AT_END GRACE LOG REMOVE COMMAND...
#
# NAME shows in the process list. Standard input is the link: one line with the name of a signal ends the server with
# that signal; its end (the other side is gone) ends the server with the signal AT_END, and then deletes the folder
# REMOVE unless that is empty. After GRACE seconds comes KILL. The server's output goes to LOG.
# Prints the server's process id; exits with the server's status.
unset SUPERVISE
at_end=$1 grace=$2 log=$3 remove=$4
shift 4
trap '' HUP INT
exec 3<&0

"$@" </dev/null >>"$log" 2>&1 3<&- &
server=$!
gone=
trap 'kill -s TERM "$server"' TERM
trap 'gone=yes' USR1
# Whoever asked may be gone already: that ends the server, not this shell.
trap '' PIPE
echo "$server" || :
exec >/dev/null 2>&1

(
    read -r signal <&3 || { signal=$at_end; kill -s USR1 $$; }
    kill -s "$signal" "$server"
    left=$((grace * 10))
    while [ "$left" -gt 0 ] && kill -s 0 "$server"; do
        sleep 0.1
        left=$((left - 1))
    done
    kill -s KILL "$server"
) &
watcher=$!
exec 3<&-

# A signal to this shell interrupts `wait` while the server still runs.
while wait "$server"; status=$?; kill -s 0 "$server"; do :; done
kill "$watcher"
if [ -n "$gone" ] && [ -n "$remove" ]; then
    # The server's last children may still be writing.
    tries=50
    while ! rm -rf -- "$remove" && [ "$tries" -gt 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
fi
exit "$status"

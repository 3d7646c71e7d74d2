# Runs the image whose layer is $1 as the user RUN_AS, as process 1, with nothing to write
# to but /tmp and /var/lib/edgegen. $2 is a directory for it.
root=$2/root
mkdir "$root"
gunzip -c "$1" | tar -x -p -f - -C "$root"
mkdir "$root/proc"
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=1777 tmpfs "$root/var/lib/edgegen"
ip link set lo up

unshare --pid --fork --kill-child sh -eu -c '
    mount -t proc proc "$1/proc"
    exec setpriv --no-new-privs chroot --userspec="$RUN_AS" --groups="$RUN_AS_GROUPS" "$1" \
        /usr/bin/edgegen up /etc/edgegen --state-dir /var/lib/edgegen/state
' - "$root" >"$2/log" 2>&1 &
unshare=$!
trap 'cat "$2/log" 2>/dev/null || true' EXIT

until curl --silent --output /dev/null http://localhost:8080/; do kill -0 $unshare; sleep 0.2; done
curl --silent --show-error http://localhost:8080/healthz | grep '^200'
curl --silent --show-error --insecure https://localhost:8443/ | grep '<h1>It runs'
curl --silent --show-error --insecure --output /dev/null --write-out '%{http_version}\n' https://localhost:8443/ | grep '^2$'
curl --silent --show-error --output /dev/null --write-out '%{http_code} %{redirect_url}\n' http://localhost:8080/x | grep '^301 https://localhost:8443/x$'

# What the container's engine sends to process 1 before it ends the container.
first=$(cat /proc/$unshare/task/$unshare/children)
kill -TERM $first
wait $unshare
grep -q stopping "$2/log"
trap - EXIT
echo all of it holds

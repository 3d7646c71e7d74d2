# Runs the program $1 as a pod of `edgegen export kubernetes` would: the user RUN_AS,
# ports below 1024, a read-only root, and the site of the directory $3 from a ConfigMap,
# which changes as the kubelet changes one. $2 is a directory for it.
root=$2/root
mount -t tmpfs tmpfs "$2"
mkdir -p "$root/usr/bin" "$root/proc" "$root/tmp" "$root/var/lib/edgegen" "$root/etc/edgegen"
cp "$1" "$root/usr/bin/edgegen"
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
for volume in tmp var/lib/edgegen etc/edgegen; do mount -t tmpfs -o mode=0755 tmpfs "$root/$volume"; done
mkdir "$root/etc/edgegen/..first"
cd "$root/etc/edgegen"
cp -r "$3"/* ..first
chmod 0440 ..first/htpasswd
chown -R "root:$RUN_AS_GROUPS" ..first
ln -s ..first ..data
for name in ..first/*; do ln -s "..data/${name##*/}" "${name##*/}"; done
cd /
chmod 1777 "$root/tmp"
chown "root:$RUN_AS_GROUPS" "$root/var/lib/edgegen"
chmod 2777 "$root/var/lib/edgegen"
mount -t proc proc "$root/proc"
ip link set lo up
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start

chroot --userspec="$RUN_AS" --groups="$RUN_AS_GROUPS" "$root" \
    /usr/bin/edgegen up /etc/edgegen --watch --state-dir /var/lib/edgegen/state >"$2/log" 2>&1 &
edge=$!
trap 'cat "$2/log"' EXIT
ask() { curl --silent --insecure --resolve shop.example:8443:127.0.0.1 "https://shop.example:8443$1" $2; }
until test "$(curl --silent http://127.0.0.1:9145/readyz)" = ready; do kill -0 $edge; sleep 0.2; done
test "$(curl --silent http://127.0.0.1:9145/healthz)" != ''
test "$(ask / '')" = '<p>A shop.</p>'

cd "$root/etc/edgegen"
cp -a ..first ..second
echo '<p>Another shop.</p>' >..second/public/index.html
sed -i 's/realm .*/realm = "Changed"/' ..second/site.hcl
ln -s ..second ..next
mv -T ..next ..data
rm -r ..first
cd /
until ask /staff --include | grep -q 'realm="Changed"'; do kill -0 $edge; sleep 0.2; done
test "$(ask / '')" = '<p>Another shop.</p>'

# What preStop runs, and the stop after it.
chroot --userspec="$RUN_AS" --groups="$RUN_AS_GROUPS" "$root" \
    /usr/bin/edgegen drain --state-dir /var/lib/edgegen/state --notice 0s --timeout 60s
test "$(curl --silent http://127.0.0.1:9145/readyz)" != ready
kill -TERM $edge
wait $edge
trap - EXIT
echo all of it holds

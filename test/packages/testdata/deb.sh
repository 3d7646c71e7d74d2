# Installs the Debian package $1 on a copy of this machine, runs it as its unit
# would, and removes it. $2 is a directory for it; the machine itself stays as it is.
mount -t tmpfs tmpfs "$2" # an overlay cannot lie on another
mkdir "$2/upper" "$2/work" "$2/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$2/upper,workdir=$2/work" "$2/root"
root=$2/root
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
rm -rf "$root/etc/edgegen" "$root/var/lib/edgegen" # of whoever uses edgegen here
cp "$1" "$root/tmp/edgegen.deb"
ip link set lo up
echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start # as a socket unit allows

# A service manager that notes what it is told.
mkdir -p "$root/run/systemd/system"
cat >"$root/usr/local/bin/systemctl" <<'SCRIPT'
#!/bin/sh
echo "systemctl $*" >>/tmp/told
SCRIPT
chmod +x "$root/usr/local/bin/systemctl"
inside() { PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin chroot "$root" "$@"; }
told() { cat "$root/tmp/told"; rm -f "$root/tmp/told"; }

inside dpkg --install /tmp/edgegen.deb
told | tee /dev/stderr | grep -q 'try-restart edgegen.service'
inside id edgegen
inside edgegen validate /etc/edgegen/site.hcl
inside test -s /usr/share/man/man1/edgegen-up.1.gz
inside grep -q __start_edgegen /usr/share/bash-completion/completions/edgegen
inside systemd-analyze verify /usr/lib/systemd/system/edgegen.service /usr/lib/systemd/system/edgegen.socket
start=$(inside sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/edgegen.service)
test "$start" = '/usr/bin/edgegen up /etc/edgegen/site.hcl --state-dir /var/lib/edgegen'

# As the unit runs it, but for the sandbox.
inside install -d -o edgegen -g edgegen -m 0700 /var/lib/edgegen
inside setpriv --reuid edgegen --regid edgegen --init-groups --no-new-privs $start --engine builtin >"$2/log" 2>&1 &
edge=$!
trap 'cat "$2/log"' EXIT
until curl --silent --insecure --output /dev/null https://localhost/; do kill -0 $edge; sleep 0.2; done
curl --silent --show-error --insecure https://localhost/ | grep '<h1>It runs'
inside edgegen status --state-dir /var/lib/edgegen | tee /dev/stderr | grep -q ready
inside edgegen stop --state-dir /var/lib/edgegen
wait $edge
trap - EXIT

# What the owner has changed outlives an upgrade; what a removal leaves, a purge takes.
echo '# changed' >>"$root/etc/edgegen/site.hcl"
inside dpkg --install /tmp/edgegen.deb
grep -q '# changed' "$root/etc/edgegen/site.hcl"
rm "$root/tmp/told"
inside dpkg --remove edgegen
told | grep -q 'disable --now edgegen.socket edgegen.service'
test ! -e "$root/usr/bin/edgegen"
test -e "$root/etc/edgegen/site.hcl"
test -d "$root/var/lib/edgegen"
inside dpkg --purge edgegen
test ! -e "$root/etc/edgegen"
test ! -e "$root/var/lib/edgegen"
if inside getent passwd edgegen; then exit 1; fi
left=$(cd "$2/upper" && find . -name '*edgegen*' ! -type c ! -path './var/lib/dpkg/*' ! -path './tmp/*')
test -z "$left" || { echo "left behind: $left"; exit 1; }
echo all of it holds

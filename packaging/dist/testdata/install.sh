# Installs, runs, upgrades, removes and purges the package in a copy of this machine, made of an
# overlay: whatever is written lies in $DIR/up and is gone at the end. For TestInstall, which
# gives DEB, DIR, and the command lines of the unit as START, CHECK and RELOAD.
set -eu

mount -t tmpfs tmpfs "$DIR"
mkdir "$DIR/up" "$DIR/work" "$DIR/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$DIR/up,workdir=$DIR/work" "$DIR/root" || {
	echo "no copy of this machine"
	exit 1
}
cp "$DEB" "$DIR/tallystick.deb"
mount -t proc proc "$DIR/root/proc"
mount --rbind /dev "$DIR/root/dev"
mount -t tmpfs tmpfs "$DIR/root/run"
mount -t tmpfs tmpfs "$DIR/root/tmp"
mount -t tmpfs tmpfs "$DIR/root/var/cache"
cp "$DIR/tallystick.deb" "$DIR/root/tmp/"
cp /etc/passwd "$DIR/passwd"
cp /etc/group "$DIR/group"
ip link set lo up

cat >"$DIR/root/tmp/inside" <<'INSIDE'
set -eu
dpkg -i /tmp/tallystick.deb
echo "user: $(id tallystick)"
echo "folder: $(stat -c '%A %U %G' /etc/tallystick)"
[ ! -e /etc/systemd/system/multi-user.target.wants/tallystick.service ] && [ ! -L /etc/systemd/system/multi-user.target.wants/tallystick.service ] || echo "enabled: yes"

# What systemd would do: the environment, the folder, the user, no capability.
CONFIG=/etc/tallystick/tallystick.cfg EXTRAOPTS=
. /etc/default/tallystick
as="setpriv --reuid=tallystick --regid=tallystick --init-groups --no-new-privs --inh-caps=-all --bounding-set=-all"
install -d -o tallystick -g tallystick /run/tallystick
export CONFIG EXTRAOPTS
$as sh -c "$CHECK"
echo "check: $?"
$as sh -c "exec $START" 2>/tmp/log &
MAINPID=$!
export MAINPID
i=0
until [ -S /run/tallystick/tallystick.sock ]; do
	i=$((i + 1))
	[ $i -lt 200 ] && kill -0 $MAINPID || { cat /tmp/log; exit 1; }
	sleep 0.05
done
echo "socket: $(stat -c '%A %U %G' /run/tallystick/tallystick.sock)"
echo "show info" | socat stdio /run/tallystick/tallystick.sock
echo "threads: Uid: $(sed -n 's/^Uid:.//p' /proc/$MAINPID/task/*/status | tr '\t' '\n' | sort -u | xargs id -un)"

printf 'frobnicate\n' >>$CONFIG
bad=0
$as sh -c "$RELOAD" >/dev/null 2>&1 || bad=$?
echo "bad reload: $bad"
sed -i '$d' $CONFIG
echo '# changed by the administrator' >>$CONFIG
$as sh -c "$RELOAD"
echo "good reload: $?"
i=0
until grep -q 'read again' /tmp/log || [ $i -ge 200 ]; do i=$((i + 1)); sleep 0.05; done
echo "reloaded: $(grep -c 'read again' /tmp/log)"
kill -USR1 $MAINPID
wait $MAINPID

dpkg -i /tmp/tallystick.deb
echo "kept: $(grep -c 'changed by the administrator' $CONFIG)"
echo "man: $(for p in 8/tallystick.8 5/tallystick.cfg.5 1/tallystick-cli.1; do zcat /usr/share/man/man$p.gz; done | grep -c '^\.TH ')"
dpkg -r tallystick
echo "still: $(grep -c 'changed by the administrator' $CONFIG)"
dpkg -P tallystick
INSIDE
chroot "$DIR/root" sh /tmp/inside

# All that is left in the overlay, but for dpkg's own books, which it keeps of every package, and
# those files of users that have the same users as before.
echo "left:"
cd "$DIR/up"
find . \( -type f -o -type l -o -type c \) \
	! -path './var/lib/dpkg/*' ! -path './var/log/dpkg.log' ! -path './etc/passwd*' ! -path './etc/group*' \
	! -path './etc/shadow*' ! -path './etc/gshadow*' ! -path './etc/sub[ug]id*' ! -path './etc/.pwd.lock' \
	! -path './var/log/alternatives.log' ! -path './etc/ld.so.cache'
[ ! -e etc/passwd ] || cmp etc/passwd "$DIR/passwd"
[ ! -e etc/group ] || cmp etc/group "$DIR/group"
find . -name 'tallystick*'
echo "done"

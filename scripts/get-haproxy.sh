#!/usr/bin/env bash
# get-haproxy.sh - fetch the HAProxy of a Debian suite, runnable, into a directory.
#
#   usage: get-haproxy.sh SUITE DIR       e.g.: get-haproxy.sh bullseye ~/haproxy-2.2
#          DIR/run -vv
#
# The machine's own apt says which Debian archive to ask, so no host is written here. With
# an apt of its own (lists, cache, dpkg status: nothing of the system is touched, root is
# not needed) it reads SUITE/main of that archive, signatures checked against the archive
# keyring; downloads haproxy and the libraries that it needs; unpacks them, and writes
# DIR/run, which starts that haproxy with the loader and the libraries of its own suite.
#
# DIR appears whole or not at all: it is made beside its place and renamed, so that two runs
# at once do no harm. If DIR/run works already nothing is fetched.
set -euo pipefail

[ $# -eq 2 ] || { sed -n '2,6p' "$0" >&2; exit 2; }
suite=$1 target=$2

complain() { echo "get-haproxy: $suite: $*" >&2; exit 1; }

if [ -x "$target/run" ] && "$target/run" -v >/dev/null 2>&1; then
	exit 0
fi
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || complain "needs apt and dpkg"
arch=$(dpkg --print-architecture)

# --- the archive that this machine uses, from apt itself ---------------------------------
# What apt has fetched says who made it. Where nothing was ever fetched ("--no-release-info") only the
# sources speak: then it is the first one with this system's release and a component "main", which is not
# the security archive.
archive() {
	local found codename
	found=$(apt-get indextargets --format '$(REPO_URI)|$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(SIGNED_BY)' 'Created-By: Packages' 2>/dev/null |
		awk -F'|' '$2=="Debian" && $3=="Debian" && $4=="main" && !n++ {print $1 "|" $5}')
	if [ -z "$found" ]; then
		codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
		found=$(apt-get indextargets --no-release-info --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)' 'Created-By: Packages' |
			awk -F'|' -v r="$codename" '$2==r && $3=="main" && $1 !~ /security/ && !n++ {print $1 "|" $4}')
	fi
	echo "$found"
}
line=$(archive)
[ -n "$line" ] || complain "no Debian archive among this machine's apt sources"
uri=${line%%|*} keyring=${line##*|}
[ -n "$keyring" ] && [ -r "$keyring" ] || keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r "$keyring" ] || complain "no archive keyring $keyring: install debian-archive-keyring"

# --- an apt of its own ---------------------------------------------------------------------
mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$target.XXXXXX") # beside the target: rename(2) does not cross file systems
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/apt/{lists/partial,archives/partial,state} "$work/debs" "$work/new/root"
: >"$work/apt/status"
echo "deb [arch=$arch signed-by=$keyring] $uri $suite main" >"$work/apt/sources.list"
own=$work/apt
opts=(
	-o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o APT::Default-Release=
	-o APT::Get::AllowUnauthenticated=false -o APT::Sandbox::User=
	-o Acquire::AllowInsecureRepositories=false -o Acquire::Languages=none -o Acquire::Retries=3
	-o "Dir::Etc::sourcelist=$own/sources.list" -o Dir::Etc::sourceparts=/dev/null
	-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
	-o "Dir::State=$own/state" -o "Dir::State::lists=$own/lists" -o "Dir::State::status=$own/status"
	-o "Dir::Cache=$own" -o "Dir::Cache::archives=$own/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
)
# A failed index or a bad signature is fatal, and so is a warning: it may be about either.
apt-get -q "${opts[@]}" -o APT::Update::Error-Mode=any update >"$work/log" 2>&1 && ! grep -qE '^(W|E):' "$work/log" || {
	cat "$work/log" >&2
	complain "its index cannot be had"
}

# --- haproxy and the libraries that it needs: the closure of packages named lib* -----------
want=(haproxy) seen=" haproxy "
for ((i = 0; i < ${#want[@]}; i++)); do
	deps=$(apt-cache -q "${opts[@]}" depends --no-recommends --no-suggests --no-conflicts --no-breaks \
		--no-replaces --no-enhances "${want[$i]}" | sed -n 's/^ *|\{0,1\}\(Pre\)\{0,1\}Depends: \(lib[^<> ]*\)$/\2/p')
	for d in $deps; do
		d=${d%:*}
		case $seen in *" $d "*) ;; *) seen="$seen$d " want+=("$d") ;; esac
	done
done
(cd "$work/debs" && apt-get -q "${opts[@]}" download "${want[@]}") >"$work/log" 2>&1 || {
	cat "$work/log" >&2
	complain "its packages cannot be had"
}
root=$work/new/root
for f in "$work"/debs/*.deb; do dpkg-deb -x "$f" "$root"; done
(cd "$work/debs" && sha256sum ./*.deb) >"$work/new/packages.sha256"

# --- how to run it -------------------------------------------------------------------------
# The loader may be a link with an absolute target: follow it inside of the unpacked tree.
loader=
for c in "$root"/lib64/ld-linux*.so.* "$root"/usr/lib64/ld-linux*.so.* "$root"/{,usr/}lib/ld-linux*.so.* "$root"/{,usr/}lib/*/ld-linux*.so.*; do
	if [ -L "$c" ]; then
		l=$(readlink "$c")
		case $l in /*) c=$root$l ;; *) c=$(dirname "$c")/$l ;; esac
	fi
	if [ -f "$c" ]; then loader=$(readlink -f "$c"); break; fi
done
[ -n "$loader" ] || complain "its libc has no loader"
chmod +x "$loader"
libs=$(find "$root" -name '*.so*' -path '*/lib*' -printf '%h\n' | sort -u | sed "s|^$root|\$here/root|" | paste -sd:)

# With --argv0 (glibc 2.33) the master of "haproxy -W" starts this file again at a reload.
# Without it (bullseye) reload by starting another one with "-sf PID".
argv0=
if "$loader" --help 2>/dev/null | grep -q -- --argv0; then argv0='--argv0 "$here/run"'; fi
cat >"$work/new/run" <<RUN
#!/bin/sh
here=\$(dirname "\$(readlink -f "\$0")")
unset LD_PRELOAD LD_LIBRARY_PATH
exec "\$here/root${loader#"$root"}" $argv0 --library-path "$libs" "\$here/root/usr/sbin/haproxy" "\$@"
RUN
chmod 755 "$work/new" "$work/new/run"
"$work/new/run" -v >/dev/null || complain "it does not run"

# --- into place ------------------------------------------------------------------------------
# If another run was first the rename fails, and its result is as good as ours. What does not
# run has no place there.
if [ -e "$target" ] && ! "$target/run" -v >/dev/null 2>&1; then mv -T "$target" "$work/broken"; fi
mv -T "$work/new" "$target" 2>/dev/null || "$target/run" -v >/dev/null || complain "cannot put it at $target"
"$target/run" -v | sed -n 1p # sed reads to the end: head would end haproxy with SIGPIPE

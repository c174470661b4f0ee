#!/usr/bin/env bash
# setup.sh - bring what the project's tests and demo need onto this machine, if it is missing.
#
#   usage: setup.sh [haproxy] [tools] [race]        default: haproxy tools
#
#   haproxy   HAProxy 2.2, 2.6, 3.0 and 3.2 of Debian's suites, in a directory of the user
#             (TALLYSTICK_CACHE, else tallystick in the user's cache), not in the system
#   tools     the clients of the runtime CLI that tests use: packages socat, netcat-openbsd, hatop;
#             the browser that looks at the web page: package chromium;
#             and for root, who alone can use them there, those that make networks: iproute2, nftables;
#             what reads, runs and completes our packages: rpm, logrotate, zsh, vim, buildah, systemd;
#             and promtool of Debian's package prometheus, only unpacked, beside HAProxy: no server runs
#   race      a C compiler, which Go's race detector needs: packages gcc, libc6-dev
#
# Packages are installed by root only; anybody else is told what to install. What cannot be had
# is named at the end, one line each, and makes the exit status 1: nothing is left out silently.
set -uo pipefail

scripts=$(cd "$(dirname "$0")" && pwd)
cache=${TALLYSTICK_CACHE:-${XDG_CACHE_HOME:-${HOME:?neither TALLYSTICK_CACHE nor HOME is set}/.cache}/tallystick}
missing=()

# fetch_haproxy brings one version from its suite. The log is shown only if it fails.
fetch_haproxy() {
	local version=$1 suite=$2 log
	[ -x "$cache/haproxy-$version/run" ] || echo "setup: fetching HAProxy $version from Debian $suite"
	log=$("$scripts/get-haproxy.sh" "$suite" "$cache/haproxy-$version" 2>&1) && return
	echo "$log" >&2
	return 1
}

# haproxy fetches the four versions, two at a time: it is mostly waiting for the network.
haproxy() {
	local pair one other first second
	for pair in "2.2=bullseye 2.6=bookworm" "3.0=trixie 3.2=forky"; do
		read -r one other <<<"$pair"
		fetch_haproxy "${one%=*}" "${one#*=}" &
		first=$!
		fetch_haproxy "${other%=*}" "${other#*=}" &
		second=$!
		wait $first || missing+=("HAProxy ${one%=*} (Debian ${one#*=})")
		wait $second || missing+=("HAProxy ${other%=*} (Debian ${other#*=})")
	done
}

# packages installs those of its arguments, PACKAGE=PROGRAM or PACKAGE=/FILE, that are not there.
packages() {
	local wanted=() pair
	for pair; do
		[ -e "${pair#*=}" ] || command -v "${pair#*=}" >/dev/null || wanted+=("${pair%=*}")
	done
	[ ${#wanted[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		missing+=("package(s) ${wanted[*]}: install with \"apt-get install ${wanted[*]}\" as root")
		return
	fi
	echo "setup: installing ${wanted[*]}"
	install "${wanted[@]}" || missing+=("package(s) ${wanted[*]}")
}

# install tries with the index that is there, if any, before it fetches a new one.
install() {
	local log apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120)
	"${apt[@]}" install --no-install-recommends "$@" >/dev/null 2>&1 && return
	log=$("${apt[@]}" update 2>&1 && "${apt[@]}" install --no-install-recommends "$@" 2>&1) && return
	echo "$log" >&2
	return 1
}

# promtool unpacks package prometheus: to install it would start a server.
promtool() {
	local dir=$cache/prometheus work log
	[ -x "$dir/usr/bin/promtool" ] || type -P promtool >/dev/null && return
	echo "setup: fetching promtool"
	work=$(mktemp -d) || return
	if log=$(cd "$work" && { apt-get -q download prometheus || { apt-get -q update && apt-get -q download prometheus; }; } 2>&1 &&
		mkdir -p "$dir" && dpkg-deb -x prometheus_*.deb "$dir" 2>&1); then
		rm -rf "${dir:?}"/{etc,lib,usr/share,usr/bin/prometheus,var}
	else
		echo "$log" >&2
		missing+=("promtool (Debian package prometheus)")
	fi
	rm -rf "$work"
}

[ $# -gt 0 ] || set -- haproxy tools
for part; do
	case $part in
	haproxy) haproxy ;;
	tools)
		packages socat=socat netcat-openbsd=nc.openbsd hatop=hatop chromium=chromium
		[ "$(id -u)" -ne 0 ] || packages iproute2=ip nftables=nft rpm=rpm logrotate=/usr/sbin/logrotate zsh=zsh \
			vim=vim buildah=buildah systemd=systemd-analyze
		promtool
		;;
	race) packages gcc=gcc libc6-dev=/usr/include/stdlib.h ;;
	*) sed -n '4,14p' "$0" >&2; exit 2 ;;
	esac
done

[ ${#missing[@]} -eq 0 ] && exit 0
for m in "${missing[@]}"; do echo "setup: cannot be had: $m" >&2; done
exit 1

package proc

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Address is a place to listen at, as HAProxy writes it. Comparable.
type Address struct {
	Network string // "unix", "tcp4", "tcp" (IPv6 or a host name) or "fd"
	Name    string // path, host:port as package net has it, or the number of the descriptor
}

// ParseAddress reads
//
//	/path  unix@path                     a unix socket
//	192.0.2.1:80  *:80  :80  host:80     TCP; * and nothing are all IPv4 addresses
//	2001:db8::1:80  [2001:db8::1]:80     the last colon starts the port; :::80 is all
//	ipv4@...  ipv6@...                   the same, with the family said
//	fd@3                                 a listening socket that was handed to us
//
// The port is a number, 0 for one that the kernel picks.
func ParseAddress(s string) (Address, error) {
	family, rest, ok := strings.Cut(s, "@")
	switch {
	case strings.HasPrefix(s, "/"):
		return Address{"unix", s}, nil
	case !ok:
		return parseTCP(s, "", s)
	case family == "unix" && rest != "":
		return Address{"unix", rest}, nil
	case family == "unix":
		return Address{}, fmt.Errorf("'%s': the path is missing", s)
	case family == "ipv4" || family == "ipv6":
		return parseTCP(s, family, rest)
	case family == "fd":
		if n, err := strconv.ParseUint(rest, 10, 31); err == nil {
			return Address{"fd", strconv.FormatUint(n, 10)}, nil
		}
		return Address{}, fmt.Errorf("'%s': a number must follow fd@", s)
	}
	return Address{}, fmt.Errorf("'%s': unknown kind of address '%s@' (unix@, ipv4@, ipv6@, fd@)", s, family)
}

// parseTCP reads host:port; s is the whole word, for errors.
func parseTCP(s, family, hostport string) (Address, error) {
	colon := strings.LastIndexByte(hostport, ':')
	if colon < 0 {
		return Address{}, fmt.Errorf("'%s': the port is missing", s)
	}
	host, port := hostport[:colon], hostport[colon+1:]
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return Address{}, fmt.Errorf("'%s': '%s' is not a port (0 to 65535)", s, port)
	}
	network, host, ok := resolveHost(family, host)
	if !ok {
		return Address{}, fmt.Errorf("'%s': '%s' is not an address%s", s, hostport[:colon], ofFamily(family))
	}
	return Address{network, net.JoinHostPort(host, port)}, nil
}

// resolveHost gives network and host for package net. All of IPv6 is "tcp" with "::",
// which leaves it to the kernel whether IPv4 comes along, as in HAProxy.
func resolveHost(family, host string) (network, clean string, ok bool) {
	if host == "*" || host == "" {
		if family == "ipv6" {
			return "tcp", "::", true
		}
		return "tcp4", "0.0.0.0", true
	}
	bare := host
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		bare = host[1 : len(host)-1]
	}
	ip, err := netip.ParseAddr(bare)
	switch {
	case err != nil:
		return networkOf(family), host, isHostName(host)
	case ip.Is4():
		return "tcp4", bare, family != "ipv6" && bare == host
	default:
		return "tcp", bare, family != "ipv4"
	}
}

// networkOf is where a host name is looked up.
func networkOf(family string) string {
	switch family {
	case "ipv4":
		return "tcp4"
	case "ipv6":
		return "tcp6"
	}
	return "tcp"
}

// isHostName admits what a resolver could know. Something of digits and dots alone is a
// mistyped IPv4 address, for which nobody wants to wait on a name server.
func isHostName(s string) bool {
	letters := false
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			letters = true
		case '0' <= c && c <= '9' || c == '.' || c == '-' || c == '_':
		default:
			return false
		}
	}
	return letters
}

func ofFamily(family string) string {
	if family == "" {
		return ""
	}
	return " of " + family
}

// String writes the address so that ParseAddress reads it.
func (a Address) String() string {
	switch {
	case a.Network == "fd":
		return "fd@" + a.Name
	case a.Network == "unix" && !strings.HasPrefix(a.Name, "/"):
		return "unix@" + a.Name
	case a.Network == "tcp6":
		return "ipv6@" + a.Name
	}
	return a.Name
}

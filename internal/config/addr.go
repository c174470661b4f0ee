package config

import (
	"net/netip"
	"strconv"
	"strings"
)

// Network is what an address is of, with the names of package net.
type Network string

// The networks of addresses.
const (
	TCP  Network = "tcp"  // host:port, either family
	TCP4 Network = "tcp4" // ipv4@host:port
	TCP6 Network = "tcp6" // ipv6@host:port
	Unix Network = "unix" // a path
	FD   Network = "fd"   // a listening socket that we have inherited: fd@N
)

// Addr is a place to listen on or to call. The zero value is no address.
type Addr struct {
	Network Network
	Host    string // address without brackets, or name; "" is every address
	Port    uint16
	Path    string // of Unix
	FD      int    // of FD
}

// IsZero reports whether there is no address.
func (a Addr) IsZero() bool { return a.Network == "" }

// Dial is the address in the form of net.Dial and net.Listen: "[::1]:10000", ":10000",
// or a path.
func (a Addr) Dial() string {
	if a.Network == Unix {
		return a.Path
	}
	host := a.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return host + ":" + strconv.Itoa(int(a.Port))
}

// Listen is what net.Listen wants for a TCP or Unix address. Package net would take IPv6
// along for an IPv4 address of zeros; HAProxy does not.
func (a Addr) Listen() (network, address string) {
	if ip, err := netip.ParseAddr(a.Host); a.Network == TCP && err == nil && ip.Is4() {
		return string(TCP4), a.Dial()
	}
	return string(a.Network), a.Dial()
}

// String prints the address as the configuration may have it.
func (a Addr) String() string {
	switch a.Network {
	case Unix:
		return "unix@" + a.Path
	case FD:
		return "fd@" + strconv.Itoa(a.FD)
	case TCP4:
		return "ipv4@" + a.Dial()
	case TCP6:
		return "ipv6@" + a.Dial()
	}
	if a.Host == "" {
		return "*" + a.Dial()
	}
	return a.Dial()
}

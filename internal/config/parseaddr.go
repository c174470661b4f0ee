package config

import (
	"net/netip"
	"strconv"
	"strings"
)

// Faults of addresses that have the same remedy.
const (
	writePort  = "write 'ADDR:PORT'"
	writeIPv6  = "write '[ADDRESS]:PORT'"
	permitted  = "a host name has letters, digits, '-', '_' and '.'"
	sourceForm = "write 'IPV4', 'IPV4:PORT', '[IPV6]', '[IPV6]:PORT' or 'IPV6:PORT'"
)

// parseAddr reads an address as HAProxy does: the port stands behind the last colon, an
// IPv6 address may be in brackets, "*" or nothing is every address, a prefix names the
// family, and an absolute path is a unix socket.
func parseAddr(s string) (Addr, *fault) {
	network, rest, _ := strings.Cut(s, "@")
	switch {
	case strings.HasPrefix(s, "/"):
		return unixAddr(s)
	case !strings.Contains(s, "@"):
		return inetAddr(TCP, s)
	case network == "ipv4" || network == "tcp4":
		return inetAddr(TCP4, rest)
	case network == "ipv6" || network == "tcp6":
		return inetAddr(TCP6, rest)
	case network == "tcp":
		return inetAddr(TCP, rest)
	case network == "unix":
		return unixAddr(rest)
	case network == "fd":
		n, err := strconv.ParseUint(rest, 10, 16)
		if err != nil {
			return Addr{}, faultf("write 'fd@N' with the number of an inherited socket", "missing file descriptor")
		}
		return Addr{Network: FD, FD: int(n)}, nil
	}
	return Addr{}, faultf("the prefixes are ipv4@, ipv6@, unix@ and fd@", "unknown prefix '%s@'", printable(network))
}

// maxPath is the longest path that the address of a unix socket holds, its NUL included.
const maxPath = 108

func unixAddr(path string) (Addr, *fault) {
	switch {
	case path == "":
		return Addr{}, faultf("write 'unix@/PATH'", "missing path")
	case len(path) >= maxPath:
		return Addr{}, faultf("the system allows 107 characters", "path of a socket too long")
	}
	return Addr{Network: Unix, Path: path}, nil
}

func inetAddr(network Network, s string) (Addr, *fault) {
	i := strings.LastIndexByte(s, ':')
	form := writePort
	if strings.Count(s, ":") > 1 {
		form = writeIPv6
	}
	if i < 0 || strings.HasSuffix(s, "]") || strings.HasSuffix(s, ":") {
		return Addr{}, faultf(form, "missing port specification")
	}
	host, port := s[:i], s[i+1:]
	for _, r := range port {
		if r < '0' || r > '9' {
			return Addr{}, faultf(form, "invalid character '%s' in port number '%s'", printable(string(r)), printable(port))
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return Addr{}, faultf("from 1 to 65535 is possible", "invalid port '%s'", port)
	}
	host, wrong := parseHost(network, host)
	return Addr{Network: network, Host: host, Port: uint16(n)}, wrong
}

// parseHost checks what stands before the port, and takes off brackets and "*".
func parseHost(network Network, s string) (string, *fault) {
	if s == "" || s == "*" {
		return "", nil
	}
	bare, bracketed := strings.CutPrefix(s, "[")
	if bracketed {
		bare, bracketed = strings.CutSuffix(bare, "]")
		if !bracketed {
			return "", faultf(writeIPv6, "unmatched '['")
		}
	}
	ip, err := netip.ParseAddr(bare)
	switch {
	case err == nil && network == TCP4 && !ip.Is4(), err == nil && network == TCP6 && ip.Is4():
		return "", faultf("ipv4@ and ipv6@ go with their own kind", "address of another family than its prefix")
	case err == nil && bracketed && ip.Is4():
		return "", faultf(writePort, "brackets around an IPv4 address")
	case err == nil:
		return bare, nil
	case bracketed || strings.Contains(bare, ":"):
		return "", faultf(writeIPv6, "invalid IPv6 address")
	}
	return bare, checkHost(bare)
}

// checkHost refuses what cannot be a host name. One whose last label is a number is an
// address that went wrong.
func checkHost(s string) *fault {
	for _, r := range s {
		if r != '-' && r != '.' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z') {
			return faultf(permitted, "character '%s' is not permitted", printable(string(r)))
		}
	}
	s = strings.TrimSuffix(s, ".") // a name may say that it is complete
	label := s[strings.LastIndexByte(s, '.')+1:]
	if isNumber(label) {
		return faultf("it has four numbers from 0 to 255", "invalid IPv4 address")
	}
	if label == "" || len(s) > 253 || strings.Contains(s, "..") || s[0] == '.' {
		return faultf(permitted, "invalid host name")
	}
	return nil
}

// parseSource reads the address of outgoing connections. Without brackets an IPv6 address
// needs its port, since nobody could tell where the one ends and the other begins.
func parseSource(s string) (netip.AddrPort, *fault) {
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a, nil
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	ip, err := netip.ParseAddr(bare)
	if err == nil && (ip.Is4() && s == bare || ip.Is6() && s == "["+bare+"]") {
		return netip.AddrPortFrom(ip, 0), nil
	}
	if i := strings.LastIndexByte(s, ':'); strings.Count(s, ":") > 1 && i > 0 {
		ip, err := netip.ParseAddr(s[:i])
		port, err2 := strconv.ParseUint(s[i+1:], 10, 16)
		if err == nil && err2 == nil {
			return netip.AddrPortFrom(ip, uint16(port)), nil
		}
		return netip.AddrPort{}, faultf(sourceForm, "invalid or ambiguous IPv6 address")
	}
	return netip.AddrPort{}, faultf(sourceForm, "invalid address")
}

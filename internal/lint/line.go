package lint

import (
	"fmt"
	"net/netip"
	"strings"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// name is a name of others for a line of a configuration: nothing in it can end the line.
func name(s string) string { return stick.OneLine(s) }

// table is what a node's configuration must have for a table of that wire name and definition, with room for
// the keys of all nodes.
func table(wire string, s *stick.Schema, rows int64, options ...string) string {
	section, line := s.Declare(wire, size(rows), options...)
	if section == "peers" { // the reader's own
		return name(line)
	}
	return name(section) + "\n    " + name(line)
}

// size is a size for the keys of all nodes, with room for as many again. Nobody announces the
// size that a table has.
func size(rows int64) string {
	k := int64(100)
	for k*1000 < 2*rows {
		k *= 2
	}
	return fmt.Sprintf("%dk", k)
}

// us is the line for us in a node's peers section.
func us(s *view.Section, words string) string {
	addr := s.Addr
	if addr == "" && len(s.Binds) > 0 {
		addr = s.Binds[0]
	}
	host, port := splitAddr(addr)
	if port == "" {
		host, port = "", "PORT"
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "ADDRESS" // ours, as the node sees it
	} else if err == nil && ip.Is6() {
		host = "[" + host + "]"
	}
	who := s.Name
	if s.Addr == "" && len(s.Binds) > 0 {
		who = s.ID // behind a shared bind
	}
	return "server " + name(who) + " " + host + ":" + port + words
}

// splitAddr cuts host:port, without the brackets of IPv6; port is "" if there is none.
func splitAddr(addr string) (host, port string) {
	at := strings.LastIndexByte(addr, ':')
	if at < 0 {
		return addr, ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(addr[:at], "["), "]"), addr[at+1:]
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

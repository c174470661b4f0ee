package lint

import (
	"fmt"
	"net/netip"
	"strings"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// name is a name of others for a line of a configuration: nothing in it can end the line.
func name(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// table is what a node's configuration must have for a table of that wire name and definition. extra is put behind the expire.
func table(wire string, s *stick.Schema, rows int64, extra string) string {
	in, section := strings.CutPrefix(wire, "/")
	var b strings.Builder
	if section {
		fmt.Fprintf(&b, "table %s type %s", name(in), s.KeyType)
	} else {
		fmt.Fprintf(&b, "backend %s\n    stick-table type %s", name(wire), s.KeyType)
	}
	switch s.KeyType {
	case stick.String:
		fmt.Fprintf(&b, " len %d", s.KeyLen-1)
	case stick.Binary:
		fmt.Fprintf(&b, " len %d", s.KeyLen)
	}
	fmt.Fprintf(&b, " size %s", size(rows))
	if s.Expire > 0 {
		b.WriteString(" expire " + stick.FormatMillis(s.Expire))
	}
	b.WriteString(extra)
	if !section {
		b.WriteString(" peers PEERS")
	}
	for i, c := range s.Columns {
		b.WriteString([]string{",", " store "}[asInt(i == 0)] + c.String())
	}
	return b.String()
}

// size is a size for the keys of all nodes, with room for as many again. Nobody announces the
// size that a table has.
func size(rows int64) string {
	const k, m = 1000, 1000_000
	n := int64(100 * k)
	for n < 2*rows {
		n *= 2
	}
	if n%m == 0 {
		return fmt.Sprintf("%dm", n/m)
	}
	return fmt.Sprintf("%dk", n/k)
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

func asInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

package fleet

import (
	"fmt"
	"strings"

	"tallystick/internal/haproxycfg"
	"tallystick/internal/words"
)

// proposal puts the texts together.
func (a *adopter) proposal() (*Proposal, error) {
	out := &Proposal{Notes: a.notes}
	for _, m := range a.members {
		last := m.Files[len(m.Files)-1]
		lines := strings.Count(strings.TrimSuffix(string(last.Data), "\n"), "\n") + 1
		m.edit(words.Pos{File: last.Name}).insert(lines, append(m.inside, m.bottom...)...)
		for _, f := range m.Files {
			all := m.edit(words.Pos{File: f.Name}).apply(string(f.Data))
			c := Changed{Node: m.name, File: f.Name, Before: string(f.Data), After: string(f.Data), Diff: diff(f.Name, all)}
			if c.Diff != "" {
				c.After = after(all)
			}
			out.Nodes = append(out.Nodes, c)
		}
	}
	for _, p := range a.Aggregators {
		name := "tallystick.cfg"
		if len(a.Aggregators) > 1 {
			name = "tallystick-" + p.Name + ".cfg"
		}
		out.Aggregators = append(out.Aggregators, haproxycfg.File{Name: name, Data: []byte(a.ours(p))})
	}
	return out, nil
}

// tlsWords are the options of our lines where nodes speak TLS. The files are for the operator to make.
func tlsWords(name string) string {
	return " ssl crt /etc/tallystick/" + name + ".pem ca-file /etc/tallystick/ca.pem"
}

// ours is the aggregator's configuration.
func (a *adopter) ours(p Place) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	ssl := false
	for _, m := range a.members {
		ssl = ssl || m.ssl || m.calls()
	}
	own := ""
	if ssl {
		own = tlsWords(p.Name)
	}
	line("# Check it with: tallystick -c -V -f FILE\n")
	line("global\n    stats socket %s\n", a.Socket)
	line("aggregations %s", a.Section)
	line("    # The sum of each table of the nodes goes to the table of that name with %s behind it.", a.Suffix)
	line("    from any to %s\n", a.Suffix)
	line("    # Ourselves: the name by which the nodes call us, and where.")
	line("    peer %s %s local%s\n", p.Name, listening(p.Addr), own)
	line("    # The nodes: each with the name that it has for itself.")
	for _, m := range a.members {
		words := ""
		if m.ssl {
			words = own + " verifyname"
		}
		if m.addr == "" {
			line("    # Where %s listens is not in the files: with its address it is called when we start, without it comes by itself.", m.name)
		}
		line("%s", peerLine(m.name, m.addr, words))
	}
	for _, o := range a.others {
		words := ""
		if ssl {
			words = own + " verifyname"
		}
		addr := o.Addr
		if !isPlace(addr) {
			addr = ""
		}
		line("%s", peerLine(o.Name, addr, words))
	}
	line("\n    # Nodes that come and go need no line: write the networks that they come from.")
	line("    # dynamic-peers max 1024 allow 192.0.2.0/24")
	return b.String()
}

// peerLine is our line for a node, with an address if there is one.
func peerLine(name, addr, words string) string {
	if addr != "" {
		addr = " " + addr
	}
	return "    peer " + name + addr + words
}

// calls reports whether the member calls its peers with TLS.
func (m *member) calls() bool {
	if m.main == nil {
		return false
	}
	for _, p := range m.main.Peers {
		if !p.Local && p.SSL {
			return true
		}
	}
	return false
}

// listening is where we listen if nodes call an address: there, or if it is a name at every address.
func listening(addr string) string {
	a := haproxycfg.ParseAddr(addr)
	if strings.Trim(a.Host, "0123456789.") == "" || strings.Contains(a.Host, ":") {
		return addr
	}
	return fmt.Sprintf("*:%d", a.Port)
}

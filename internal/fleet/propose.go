package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/haproxycfg"
)

// Propose writes whole configurations from nothing: of each node that the request names, with its tables, the
// twins of them, the rules that count and those that limit; and ours. It is Adopt of what such nodes would have
// without an aggregator, so that both give the same.
//
// The frontend's address and its servers are examples. The error names everything that the request has wrong.
func Propose(r Request) (*Proposal, error) {
	r = r.withDefaults()
	if err := r.check(); err != nil {
		return nil, err
	}
	if len(r.Nodes) == 0 || len(r.Tables) == 0 {
		return nil, fmt.Errorf("%d nodes and %d tables: at least one of each is wanted", len(r.Nodes), len(r.Tables))
	}
	for _, t := range r.Tables {
		if err := t.check(); err != nil {
			return nil, err
		}
	}
	var nodes []*haproxycfg.Config
	for _, p := range r.Nodes {
		text, err := r.node(p)
		if err != nil {
			return nil, err
		}
		c, err := haproxycfg.Parse([]haproxycfg.File{{Name: p.Name + ".cfg", Data: []byte(text)}}, haproxycfg.Options{Version: r.Version})
		if err != nil {
			return nil, err
		}
		if len(c.Doubts) > 0 { // what was asked for is no table of HAProxy
			return nil, fmt.Errorf("node %q: %s", p.Name, c.Doubts[0].Msg)
		}
		nodes = append(nodes, c)
	}
	return Adopt(nodes, r)
}

// check refuses what would not be one word, or would be another line.
func (t *Table) check() error {
	types := []string{"ip", "ipv6", "integer", "string", "binary"}
	switch {
	case t.Name == "" || len(t.Name) > 64 || !consistsOf(t.Name, "-_"):
		return fmt.Errorf("table %q: a name has letters, digits, '-' and '_'", t.Name)
	case !slices.Contains(types, t.Type):
		return fmt.Errorf("table %q: type %q is none of %s", t.Name, t.Type, strings.Join(types, ", "))
	case t.Len < 0 || t.Len > 1024 || t.Len > 0 && t.Type != "string" && t.Type != "binary":
		return fmt.Errorf("table %q: a length from 1 to 1024 goes with strings and binary keys, not %d with %s", t.Name, t.Len, t.Type)
	case t.Size == "" || !consistsOf(t.Size, "") || !consistsOf(t.Expire, ""):
		return fmt.Errorf("table %q: size %q and expire %q are numbers with a unit, such as 1m and 30s", t.Name, t.Size, t.Expire)
	case t.Store == "" || !consistsOf(t.Store, "_,()"):
		return fmt.Errorf("table %q: store %q is a list without blanks, such as http_req_cnt,http_req_rate(10s)", t.Name, t.Store)
	case !consistsOf(t.Key, "-_.,()"):
		return fmt.Errorf("table %q: key %q is an expression without blanks and quotes, such as src or req.hdr(x-user)", t.Name, t.Key)
	}
	return nil
}

// key is the expression by which requests are counted.
func (t *Table) key() string { return cmp.Or(t.Key, "src") }

// node is the configuration of a node that knows of no aggregator.
func (r *Request) node(p Place) (string, error) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("global\n    localpeer %s\n    stats socket /run/haproxy.sock mode 600 level operator\n", p.Name)
	line("defaults\n    mode http\n    timeout client 30s\n    timeout connect 5s\n    timeout server 30s\n")
	line("peers %s\n    bind %s\n    server %s", r.Peers, p.Addr, p.Name)
	for _, t := range r.Tables {
		words := "type " + t.Type
		if t.Len > 0 {
			words += fmt.Sprintf(" len %d", t.Len)
		}
		words += " size " + t.Size
		if t.Expire != "" {
			words += " expire " + t.Expire
		}
		line("    table %s %s store %s", t.Name, words, t.Store)
	}
	line("\nfrontend web\n    bind :80")
	for i, t := range r.Tables {
		line("    http-request track-sc%d %s table %s/%s", i, t.key(), r.Peers, t.Name)
	}
	for _, l := range r.Limits {
		i := slices.IndexFunc(r.Tables, func(t Table) bool { return t.Name == l.Table })
		status := cmp.Or(l.Status, 429)
		if i < 0 || l.Column == "" || !consistsOf(l.Column, "_") || status < 200 || status > 599 {
			return "", fmt.Errorf("limit of column %q of table %q, with status %d: there is no such table, or the column is no word, or the status none", l.Column, l.Table, status)
		}
		line("    http-request deny deny_status %d if { %s,table_%s(%s/%s) gt %d }", status, r.Tables[i].key(), l.Column, r.Peers, l.Table, l.Above)
	}
	line("    default_backend servers\n\nbackend servers\n    server app1 192.0.2.101:8080")
	return b.String(), nil
}

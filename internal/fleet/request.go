package fleet

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"tallystick/internal/haproxycfg"
)

// Request is what is wanted of Adopt and Propose.
type Request struct {
	Aggregators []Place // one, or two side by side; each with a name and an address
	Section     string  // ID of our section; "": data
	Suffix      string  // of the tables of sums; "": .agg
	Socket      string  // of our runtime CLI; "": /run/tallystick.sock
	Peers       string  // peers section of nodes that have none; "": cluster

	// What follows is for Propose, which makes nodes' configurations from nothing.
	Nodes   []Place            // each with a name and an address
	Tables  []Table            // at least one
	Limits  []Limit            // of the sums
	Version haproxycfg.Version // of the nodes; zero: only what all versions know
}

// Place is who is called, and where.
type Place struct{ Name, Addr string }

// Table is a table as a form asks for it, in HAProxy's words.
type Table struct {
	Name   string // without section and suffix
	Type   string // ip, ipv6, integer, string, binary
	Len    int    // of strings and binary keys; 0: HAProxy's default
	Size   string // for the keys of one node, such as 1m
	Expire string // such as 30s; "": entries live for ever
	Store  string // such as http_req_rate(10s),http_req_cnt
	Key    string // the expression by which requests are counted; "": src
}

// Limit is a rule: whoever is above it in the sum is denied.
type Limit struct {
	Table  string
	Column string // of the table, such as http_req_rate
	Above  uint64
	Status int // of the answer; 0: 429
}

// Limits of what may be asked for.
const (
	maxPlaces = 1000
	maxAsked  = 3 // tables that HAProxy tracks in without being told to reserve more counters
	maxLimits = 100
)

// withDefaults fills in what was left open.
func (r Request) withDefaults() Request {
	r.Section, r.Suffix = cmp.Or(r.Section, "data"), cmp.Or(r.Suffix, ".agg")
	r.Socket, r.Peers = cmp.Or(r.Socket, "/run/tallystick.sock"), cmp.Or(r.Peers, "cluster")
	return r
}

// check refuses what would not be one word in a file, or no address. A page may ask with anything.
func (r *Request) check() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	name := func(what, s string) {
		if s == "" || len(s) > 64 || !consistsOf(s, "-_.:") {
			fail("%s %q: letters, digits, '-', '_', '.' and ':' are permitted", what, s)
		}
	}
	place := func(what string, p Place) {
		name(what+" name", p.Name)
		if !isPlace(p.Addr) {
			fail("%s %q: address %q is not HOST:PORT", what, p.Name, p.Addr)
		}
	}
	name("section", r.Section)
	name("peers section", r.Peers)
	if len(r.Suffix) < 2 || r.Suffix[0] != '.' || len(r.Suffix) > 64 || !consistsOf(r.Suffix[1:], "-_") {
		fail("suffix %q: write it like .agg", r.Suffix)
	}
	if !strings.HasPrefix(r.Socket, "/") || len(r.Socket) > 107 || !consistsOf(r.Socket, "-_./") {
		fail("socket %q is no path of at most 107 letters, digits and '-_./'", r.Socket)
	}
	if n := len(r.Aggregators); n == 0 || n > 2 {
		fail("%d aggregators: there is one, or two side by side", n)
	}
	if len(r.Nodes) > maxPlaces || len(r.Tables) > maxAsked || len(r.Limits) > maxLimits {
		return fmt.Errorf("at most %d nodes, %d tables and %d limits are written at once", maxPlaces, maxAsked, maxLimits)
	}
	seen := map[string]bool{}
	for i, p := range append(append([]Place(nil), r.Aggregators...), r.Nodes...) {
		place([]string{"node", "aggregator"}[b2i(i < len(r.Aggregators))], p)
		if seen[p.Name] {
			fail("%q stands twice: names tell everybody apart", p.Name)
		}
		seen[p.Name] = true
	}
	return errors.Join(errs...)
}

// isPlace reports whether s is HOST:PORT in one word.
func isPlace(s string) bool {
	a := haproxycfg.ParseAddr(s)
	return a.Host != "" && a.Port != 0 && len(s) < 300 && consistsOf(s, "-_.:[]")
}

// consistsOf reports whether s has letters, digits and the given bytes alone.
func consistsOf(s, more string) bool {
	for _, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if !letter && (c < '0' || c > '9') && strings.IndexByte(more, c) < 0 {
			return false
		}
	}
	return true
}

package haproxytest

import (
	"cmp"
	"fmt"
	"strings"
)

// Section is the name of the peers section of every HAProxy here.
const Section = "cluster"

// Config says what a HAProxy is, counts and knows. It is turned into a configuration file in which
// also Global, Web and Raw may use HAProxy's "${DIR}", the process's own directory (for sockets).
type Config struct {
	Version Version
	Name    string  // its name as a peer
	Addr    string  // where its peers section listens; "": chosen by Start
	Peers   []Peer  // the others
	Bind    string  // TLS of its own listener, such as "ssl crt FILE ca-file FILE verify required"; "": plain TCP
	Shards  int     // among how many aggregators its keys are shared out; 0: not at all. 2.7 and later know it
	Tables  []Table // in the order in which they are declared
	Global  string  // further lines of the section global
	Web     string  // further lines of the frontend: after the tracking, before the answer
	Answer  string  // lines of the frontend that answer; "": with 200, and with 404 for the path /404
	Raw     string  // further sections

	// Inside are words before its command line, such as those that enter a network namespace. From there its
	// frontend could not be reached, so that it listens on a unix socket instead.
	Inside []string
}

// Peer is another peer, HAProxy or not.
type Peer struct {
	Name, Addr string
	Args       string // further words of its line, such as "shard 1", "source 127.0.0.9", "ssl ca-file FILE"
}

// Table is a stick table.
type Table struct {
	Name   string // on the wire: "/rates" is declared inside of the peers section, "rates" in a proxy of its own
	Type   string // "ip", "string len 32", ...
	Store  string // "http_req_cnt,http_req_rate(10s)"
	Expire string // "": 10m; "never": no expire at all
	Size   string // "": 200k
	Args   string // further words, such as "recv-only" or "write-to rates2"
	Track  string // an expression: requests are tracked in this table by its value. At most three tables of a HAProxy track
}

// Key is the expression for Track that takes the key from the request header that Client.Get sends.
const Key = "req.hdr(x-key)"

// Twin is the table in which the sum of t's rows over all nodes is read: the same columns under another
// name, and never tracked into.
func (t Table) Twin(suffix string) Table {
	t.Name, t.Track = t.Name+suffix, ""
	return t
}

// definition is what follows "table NAME" or "stick-table".
func (t Table) definition() string {
	words := "type " + t.Type + " size " + cmp.Or(t.Size, "200k")
	if expire := cmp.Or(t.Expire, "10m"); expire != "never" {
		words += " expire " + expire
	}
	if t.Args != "" {
		words += " " + t.Args
	}
	return words + " store " + t.Store
}

// peers writes the peers section but for its tables. Where TLS is wanted the listener has a line of its own, and
// HAProxy then forbids the word "peer": "server" is the same, and its local line has no address.
func (c Config) peers(line func(format string, args ...any)) {
	line("peers %s", Section)
	if c.Shards > 0 {
		line("    shards %d", c.Shards)
	}
	word := "peer"
	if c.Bind == "" {
		line("    peer %s %s", c.Name, c.Addr)
	} else {
		word = "server"
		line("    bind %s %s\n    server %s %s", c.Addr, c.Bind, c.Name, c.Bind)
	}
	for _, p := range c.Peers {
		line("    %s %s %s %s", word, p.Name, p.Addr, p.Args)
	}
}

// answer is what a frontend says that has nothing else to say.
const answer = "    http-request return status 404 if { path /404 }\n    http-request return status 200"

// text is the configuration file. One thread is enough for a test, and many HAProxys share few cores.
func (c Config) text(web string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("global\n    localpeer %s\n    stats socket unix@cli.sock mode 600 level admin\n    nbthread 1\n%s", c.Name, c.Global)
	line("defaults\n    mode http\n    timeout client 60s\n    timeout server 60s\n    timeout connect 1s\n")
	c.peers(line)
	for _, t := range c.Tables {
		if in, ok := strings.CutPrefix(t.Name, "/"); ok {
			line("    table %s %s", in, t.definition())
		}
	}
	for _, t := range c.Tables {
		if !strings.HasPrefix(t.Name, "/") {
			line("\nbackend %s\n    stick-table %s peers %s", t.Name, t.definition(), Section)
		}
	}
	line("\nfrontend web\n    bind %s", web)
	track := 0
	for _, t := range c.Tables {
		if t.Track != "" {
			line("    http-request track-sc%d %s table %s", track, t.Track, local(t.Name))
			track++
		}
	}
	line("%s\n%s\n\n%s", c.Web, cmp.Or(c.Answer, answer), c.Raw)
	return b.String()
}

package node

import (
	"context"
	"errors"
	"hash/fnv"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
)

// world is several aggregators and the nodes below them, in one bubble and on one network of
// pipes. What a section is told of the others is only what their configurations would say.
type world struct {
	t     *testing.T
	log   *record
	aggs  map[string]*agg
	nodes map[string]*fakepeer.Node
	cuts  map[string]bool // pairs of names that cannot reach each other: "a b"
	conns map[string][]net.Conn
}

// agg is one aggregator of the world: a process with one section.
type agg struct {
	w       *world
	config  Config
	section *Section
	door    *Door
	ctx     context.Context
	stop    func()
}

// worldOf runs f with the aggregators that lines describe, all of them started: "NAME: FROM > TO [forward .S]
// [no-ascend] [no-feedback]; PEER [up|down] [group]; PEER ...".
func worldOf(t *testing.T, lines []string, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, log: &record{}, aggs: map[string]*agg{}, nodes: map[string]*fakepeer.Node{}, cuts: map[string]bool{}, conns: map[string][]net.Conn{}}
		t.Cleanup(w.stop)
		for _, line := range lines {
			w.build(line)
		}
		for _, line := range lines {
			name, _, _ := strings.Cut(line, ":")
			w.aggs[name].start()
		}
		settle()
		f(w)
	})
}

// build reads one line of worldOf.
func (w *world) build(text string) {
	name, rest, _ := strings.Cut(text, ":")
	parts := strings.Split(rest, ";")
	rules := strings.Fields(parts[0])
	h := fnv.New64a()
	h.Write([]byte(name))
	c := Config{ID: name, Name: name, PID: 1, Origin: h.Sum64(), Warmup: 10 * time.Second, PushInterval: 5 * time.Millisecond,
		MaxEntries: 1e6, MaxTables: 256, Seed: 1, Counters: &Counters{}, Log: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	c.Rules = topology.Rules{Any: rules[0] == "any", To: rules[2]}
	if !c.Rules.Any {
		c.Rules.From = strings.Split(rules[0], ",")
	}
	for i, word := range rules {
		switch word {
		case "forward":
			c.Rules.Forward = strings.Split(rules[i+1], ",")
		case "no-ascend":
			c.Rules.NoAscend = true
		case "no-feedback":
			c.Rules.NoFeedback = true
		}
	}
	for _, part := range parts[1:] {
		words := strings.Fields(part)
		p := PeerConfig{Name: words[0], Addr: words[0]}
		for _, word := range words[1:] {
			switch word {
			case "up":
				p.Role = topology.Up
			case "down":
				p.Role = topology.Down
				c.Warmup = 20 * time.Second
			default:
				p.Group = word
			}
		}
		c.Peers = append(c.Peers, p)
	}
	a := &agg{w: w, config: c}
	a.config.Dial = func(ctx context.Context, to string) (net.Conn, error) { return w.connect(name, to) }
	w.aggs[name] = a
}

// start brings an aggregator to life, as another process if there was one.
func (a *agg) start() {
	if a.stop != nil {
		a.stop()
	}
	a.config.PID++
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	s := New(a.config, time.Now())
	a.w.log.mu.Lock()
	a.section, a.ctx = s, ctx
	a.door = NewDoor(&Lobby{}, nil, s.log, s.Counters)
	a.w.log.mu.Unlock()
	a.door.SetRules(DoorRules{Sections: map[string]*Section{a.config.Name: s}})
	go func() { s.Run(ctx); close(ended) }()
	a.stop = func() { cancel(); <-ended }
}

// kill ends an aggregator.
func (a *agg) kill() { a.stop(); a.stop = nil }

// connect makes a connection, unless the two are cut off from each other or nobody is there.
func (w *world) connect(from, to string) (net.Conn, error) {
	w.log.mu.Lock()
	cut, a, n := w.cuts[pair(from, to)], w.aggs[to], w.nodes[to]
	var door *Door
	var ctx context.Context
	if a != nil {
		door, ctx = a.door, a.ctx
	}
	w.log.mu.Unlock()
	if cut || a == nil && n == nil || a != nil && (door == nil || ctx.Err() != nil) {
		return nil, errors.New("connection refused")
	}
	mine, yours := net.Pipe()
	h := fnv.New32a()
	h.Write([]byte(from))
	theirs := &addressed{yours, &net.TCPAddr{IP: net.IPv4(10, 1, byte(h.Sum32()>>8), byte(h.Sum32())), Port: 40000}}
	w.log.mu.Lock()
	w.conns[pair(from, to)] = append(w.conns[pair(from, to)], mine)
	w.log.mu.Unlock()
	if a != nil {
		door.Accept(ctx, theirs)
	} else {
		go n.Accept(theirs)
	}
	return &addressed{mine, &net.TCPAddr{IP: net.IPv4(10, 2, 0, 1), Port: 10000}}, nil
}

func pair(a, b string) string { return min(a, b) + " " + max(a, b) }

// cut takes the way between two away; heal gives it back.
func (w *world) cut(a, b string) {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.cuts[pair(a, b)] = true
	for _, c := range w.conns[pair(a, b)] {
		c.Close()
	}
	delete(w.conns, pair(a, b))
}

func (w *world) heal(a, b string) {
	w.log.mu.Lock()
	defer w.log.mu.Unlock()
	w.cuts[pair(a, b)] = false
}

// node starts a node below an aggregator.
func (w *world) node(name, below string, tables ...*stick.Schema) *fakepeer.Node {
	n := fakepeer.New(fakepeer.Config{Name: name, Peer: below, PID: 100 * (len(w.nodes) + 1), Tables: tables,
		Dial: func(context.Context) (net.Conn, error) { return w.connect(name, below) }})
	w.log.mu.Lock()
	w.nodes[name] = n
	w.log.mu.Unlock()
	n.Start()
	settle()
	return n
}

func (w *world) stop() {
	for _, n := range w.nodes {
		n.Stop()
	}
	for _, a := range w.aggs {
		if a.stop != nil {
			a.stop()
		}
	}
}

// shows fails the test unless a node reads want in a counter of a table.
func (w *world) shows(node, table, key string, want uint64, why string) {
	w.t.Helper()
	if v, ok := w.nodes[node].Read(table, key, stick.HTTPReqCnt); v != want || !ok {
		w.t.Errorf("%s reads %d of %s (there: %v), want %d: %s\nlog:\n%s", node, v, table, ok, want, why, w.log)
	}
}

func (w *world) lacks(node, table, key, why string) {
	w.t.Helper()
	if v, ok := w.nodes[node].Read(table, key, stick.HTTPReqCnt); ok {
		w.t.Errorf("%s has %d in %s, want no entry: %s\nlog:\n%s", node, v, table, why, w.log)
	}
}

func (w *world) expect(ok bool, why string) {
	w.t.Helper()
	if !ok {
		w.t.Errorf("at odds: %s\nlog:\n%s", why, w.log)
	}
}

// logs fails the test unless the log has n lines with all of the words.
func (w *world) logs(n int, why string, words ...string) {
	w.t.Helper()
	if got := w.log.lines(words...); len(got) != n {
		w.t.Errorf("%d lines with %q, want %d: %s\nlog:\n%s", len(got), words, n, why, w.log)
	}
}

// sum is what an aggregator has of a key in one of its tables.
func (a *agg) sum(table, key string) (v uint64, ok bool) {
	t := a.section.tables.find(table)
	if t == nil {
		return 0, false
	}
	return sumIn(a.section, t, key)
}

package lint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// missedAfter is how long a peer may have no session: every HAProxy calls again after five seconds.
const missedAfter = time.Minute

// presence looks whether a peer that a line names is there.
func (x *look) presence(s *view.Section, p *view.Peer) {
	if p.Disabled || p.Dynamic || p.Established {
		return
	}
	f := view.Finding{Peer: p.Name}
	if p.Role == "node" || p.Role == "down" {
		f.Fix = us(s, "")
	}
	switch {
	case p.Handshake.IsZero():
		f.Text = fmt.Sprintf("%s has never had a session with us: it does not call us, or we cannot reach it", name(p.Name))
		if status := p.Refuses(); status != "" {
			f.Text = fmt.Sprintf("%s has never had a session with us: it answers our calls with %s", name(p.Name), status)
		}
		x.add(s, "peer-never", view.Warning, f, "")
		x.list[len(x.list)-1].patience = missedAfter
	case x.now.Sub(p.Changed) >= missedAfter:
		f.Text = fmt.Sprintf("%s has had no session since %s: what it reported last stays in the sums until it expires", name(p.Name), p.Changed.UTC().Format("2006-01-02 15:04:05 MST"))
		f.Fix = "" // it was right once
		x.add(s, "peer-down", view.Warning, f, "")
	}
}

// moves are the last addresses that a peer has had sessions from, the newest behind.
type moves struct {
	hosts []string
	times []time.Time
}

// A name that goes to and fro between two addresses is two processes; one that moves is a pod.
const (
	keptMoves   = 4
	movesWithin = 2 * time.Minute
)

// addresses looks whether a peer's address goes to and fro.
func (x *look) addresses(s *view.Section, p *view.Peer) {
	host, port := splitAddr(p.Remote)
	if port == "" {
		return
	}
	m := x.memory.moves[p.Name]
	if m == nil {
		if len(x.memory.moves) > 2*len(s.Peers) { // peers that no line names come and go
			clear(x.memory.moves)
		}
		m = &moves{}
		x.memory.moves[p.Name] = m
	}
	if n := len(m.hosts); n == 0 || m.hosts[n-1] != host {
		m.hosts, m.times = append(m.hosts, host), append(m.times, x.now)
		if len(m.hosts) > keptMoves {
			m.hosts, m.times = m.hosts[1:], m.times[1:]
		}
	}
	h := m.hosts
	if len(h) < keptMoves || h[0] != h[2] || h[1] != h[3] || x.now.Sub(m.times[0]) > movesWithin {
		return
	}
	f := view.Finding{Peer: p.Name, Text: fmt.Sprintf("sessions of %s come from %s and %s in turn: two processes have the same name, and each replaces what the other has reported", name(p.Name), min(h[0], h[1]), max(h[0], h[1])),
		Fix: "localpeer " + name(p.Name) + "-2"}
	x.add(s, "name-twice", view.Error, f, "")
}

// manners looks at what a peer has sent, whatever the table.
func (x *look) manners(s *view.Section, p *view.Peer) {
	if c := p.Copied; c != nil {
		f := view.Finding{Peer: p.Name, Table: c.Table, Text: fmt.Sprintf("%s and %s replicate %s between each other, so each reports what both have counted and sums are too high: %d of %d rows that %s had learned were those of %s, as key %s",
			name(p.Name), name(c.From), name(c.Table), c.Rows, c.Compared, name(p.Name), name(c.From), stick.AppendKey(nil, c.Schema.KeyType, c.Key))}
		f.Fix = fmt.Sprintf("peers PEERS\n    server %s %s\n    %s", name(p.Name), cmp.Or(name(p.Addr), "ADDRESS:PORT"), us(s, "")) // and nobody else
		x.addHere(s, "nodes-replicate", view.Error, f)
	}
	if c := p.Stray; c != nil && x.now.Sub(c.At) < recent {
		index, count, _ := strings.Cut(s.Shard, "/")
		x.addHere(s, "shard", view.Error, view.Finding{Peer: p.Name, Table: c.Table,
			Text: fmt.Sprintf("%s sends us keys of other shards, which others sum as well: key %s of %s is of shard %d, we are %s",
				name(p.Name), stick.AppendKey(nil, c.Type, c.Key), name(c.Table), c.Of, s.Shard),
			Fix: "shards " + count + "\n" + us(s, " shard "+index)})
	}
	if p.Partials >= 2 {
		x.addHere(s, "partial", view.Notice, view.Finding{Peer: p.Name,
			Text: fmt.Sprintf("%s says in each session that there may be more to know than it has told: it is an HAProxy before 2.0.14, or waits for a peer of its own; what it has forgotten stays in the sums until it expires", name(p.Name))})
	}
	if p.Role == "down" {
		x.sameSuffix(s, p)
	}
}

// sameSuffix: an aggregator below us publishes under the name that we give to sums.
func (x *look) sameSuffix(s *view.Section, p *view.Peer) {
	i := slices.IndexFunc(p.Announced, func(a view.Announced) bool { return a.Use == view.Sum && a.Tracked > 0 })
	if i < 0 {
		return
	}
	x.addHere(s, "suffix-clash", view.Error, view.Finding{Peer: p.Name, Table: p.Announced[i].Name,
		Text: fmt.Sprintf("%s below us publishes %s under the suffix %s, which is ours: it is not summed, and nodes that know both of us hear two sums under one name", name(p.Name), name(p.Announced[i].Name), s.To),
		Fix:  otherSuffix(s)})
}

package web

import (
	"bytes"
	"slices"
	"strconv"
	"sync"
	"time"

	"tallystick/internal/query"
	"tallystick/internal/view"
)

const (
	stateEvery = time.Second      // between two states, at least
	stateStale = 10 * time.Second // and at most: what only the clock changes is not told more often
	aliveEvery = 15 * time.Second // nothing was said for so long: a comment, so that proxies do not hang up
	logRate    = 20               // log events a second
	logRecent  = 100              // that a new reader is told of
	waiting    = 32               // pieces that wait for a reader before it is cut
)

// hub tells the readers of /events what is new. Each piece is marshalled once and is the same bytes
// for all of them; none of them is ever waited for.
type hub struct {
	server *Server
	life   string // when we were started, in short
	lived  sync.Once

	mu      sync.Mutex
	readers map[*reader]bool
	seq     uint64 // of the last log event that was told

	// The sampler's.
	state, lint     []byte // as told last, without info
	stateAt, saidAt time.Time
	window          time.Time // the second in which log events are counted
	told, dropped   int       // in it
}

// reader is one client of /events.
type reader struct {
	pieces chan []byte
	cut    chan struct{} // closed when it is not to be told any more
	abort  func()        // ends a write that waits for it
	once   sync.Once
	top    *top // whose largest keys it wants; nil: none
	n      int  // how many of them
}

// end ends the stream, and reports whether it had not ended before.
func (r *reader) end() (now bool) {
	r.once.Do(func() {
		now = true
		close(r.cut)
		r.abort()
	})
	return now
}

// join adds a reader. It returns the number of the newest log event that it is not told of
// by the hub.
func (h *hub) join(r *reader) (seq uint64, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.readers) >= h.server.Limits.Streams {
		h.server.stats.refused.Add(1)
		return 0, false
	}
	if h.readers == nil {
		h.readers = map[*reader]bool{}
	}
	if len(h.readers) == 0 { // nobody has listened: what happened meanwhile is history
		for _, e := range h.server.Meter.EventsAfter(h.seq) {
			h.seq = e.Seq
		}
	}
	h.readers[r] = true
	h.server.stats.streams.Add(1)
	return h.seq, true
}

func (h *hub) leave(r *reader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.readers[r] {
		delete(h.readers, r)
		h.server.stats.streams.Add(-1)
	}
}

// cutAll ends all streams.
func (h *hub) cutAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		r.end()
	}
}

// send gives a piece to all readers that want it. Who has not taken what came before is cut: it reads too
// slowly, and can come again and be told the present. h.mu is held.
func (h *hub) send(piece []byte, to func(*reader) bool) {
	for r := range h.readers {
		if to != nil && !to(r) {
			continue
		}
		select {
		case r.pieces <- piece:
		default:
			if r.end() {
				h.server.stats.cut.Add(1)
			}
		}
	}
}

// tell tells the readers what is new, found among it. Only the sampler calls it.
func (h *hub) tell(now time.Time, found []*top) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.readers) == 0 {
		h.state, h.lint = nil, nil
		return
	}
	said := h.events(now)
	if d := now.Sub(h.stateAt); d >= stateEvery || d < 0 || h.state == nil {
		said = h.present(now) || said
	}
	for _, o := range found {
		said = h.tops(o) || said
	}
	switch {
	case said:
		h.saidAt = now
	case now.Sub(h.saidAt) >= aliveEvery:
		h.send([]byte(": nothing is new\n\n"), nil)
		h.saidAt = now
	}
}

// events tells the log events that are new, up to a rate, and how many were left out.
func (h *hub) events(now time.Time) (said bool) {
	if now.Sub(h.window) >= time.Second || now.Before(h.window) {
		if h.dropped > 0 {
			h.send(h.piece("dropped", query.Marshal(Dropped{h.dropped})), nil)
			said = true
		}
		h.window, h.told, h.dropped = now, 0, 0
	}
	for _, e := range h.server.Meter.EventsAfter(h.seq) {
		h.seq = e.Seq
		if h.told >= logRate {
			h.dropped++
			h.server.stats.logDropped.Add(1)
			continue
		}
		h.told++
		h.send(h.piece("log", query.Marshal(logOf(&e))), nil)
		said = true
	}
	return said
}

// present tells the state, if it is another than was told last, and the findings.
func (h *hub) present(now time.Time) (said bool) {
	p := h.server.present()
	if !bytes.Equal(p.lasting, h.state) || now.Sub(h.stateAt) >= stateStale || now.Before(h.stateAt) {
		h.stateAt, h.state = now, p.lasting
		h.send(h.piece("state", p.state()), nil)
		said = true
	}
	if !bytes.Equal(p.lint, h.lint) {
		h.lint = p.lint
		h.send(h.piece("lint", p.lint), nil)
		said = true
	}
	return said
}

// tops tells those who want them the largest keys that were found.
func (h *hub) tops(o *top) (said bool) {
	if o.table == nil {
		return false
	}
	var sizes []int // that are wanted; each is marshalled once
	for r := range h.readers {
		if r.top == o && !slices.Contains(sizes, r.n) {
			sizes = append(sizes, r.n)
		}
	}
	if len(sizes) > 0 {
		h.server.fill(o.Section, o.table.Target, o.entries[:min(slices.Max(sizes), len(o.entries))])
	}
	for _, n := range sizes {
		v := entriesOf(o.section, o.table, &o.by, o.entries[:min(n, len(o.entries))])
		v.More = o.table.Rows > int64(len(v.Entries))
		h.send(h.piece("top", query.Marshal(v)), func(r *reader) bool { return r.top == o && r.n == n })
		said = true
	}
	return said
}

// piece is one event as it is sent. JSON has no line ends, so it is one line of data.
func (h *hub) piece(event string, data []byte) []byte { return pieceOf(h.id(h.seq), event, data) }

func pieceOf(id, event string, data []byte) []byte {
	b := make([]byte, 0, len(data)+len(id)+len(event)+32)
	b = append(append(b, "id: "...), id...)
	b = append(append(b, "\nevent: "...), event...)
	b = append(append(b, "\ndata: "...), data...)
	return append(b, "\n\n"...)
}

// id is the number of a log event in words that no other life of ours has.
func (h *hub) id(seq uint64) string {
	h.lived.Do(func() { h.life = strconv.FormatInt(h.server.Backend.Process().Started.UnixMilli(), 36) })
	return h.life + "-" + strconv.FormatUint(seq, 10)
}

// present is what a page shows of the whole, marshalled once for all readers:
//
//	{"topology": ..., "tables": ..., "info": ..., "lint_counts": {"error": 1, "notice": 0, "warning": 0}}
type present struct {
	lasting []byte // topology and tables, without the braces: what does not change with the clock alone
	rest    []byte
	lint    []byte // the findings
}

// state is all of it but the findings.
func (p *present) state() []byte { return append(append([]byte{'{'}, p.lasting...), p.rest...) }

func (s *Server) present() *present {
	now, lint := s.snaps.take(), s.lintOf()
	counts := map[string]int{"error": 0, "warning": 0, "notice": 0}
	for _, f := range lint.Findings {
		counts[f.Severity]++
	}
	p := &present{lint: query.Marshal(lint)}
	p.lasting = append(append(p.lasting, `"topology":`...), query.Marshal(s.topologyOf(now))...)
	p.lasting = append(append(p.lasting, `,"tables":`...), query.Marshal(s.tablesOf(now, now.sections))...)
	p.rest = append(append(p.rest, `,"info":`...), query.Marshal(s.infoOf(now))...)
	p.rest = append(append(p.rest, `,"lint_counts":`...), query.Marshal(counts)...)
	p.rest = append(p.rest, '}')
	return p
}

// Dropped is that more happened than is told.
type Dropped struct {
	Count int `json:"count"`
}

// Logged is one line of the log.
type Logged struct {
	At      *Stamp  `json:"at"`
	Level   string  `json:"level" enum:"emerg,alert,crit,err,warning,notice,info,debug"`
	Text    string  `json:"text"`
	Section *string `json:"section"`
	Peer    *string `json:"peer"`
}

func logOf(e *view.Event) Logged {
	return Logged{stamp(e.Time), e.Level, e.Text, given(e.Section), given(e.Peer)}
}

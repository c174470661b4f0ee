package fakepeer

import (
	"time"

	"tallystick/internal/wire"
)

const (
	maxUpdates = 200      // in one run, as HAProxy 2.8 and later
	maxOut     = 16 << 10 // HAProxy's buffer
)

// poke tells the writer that there may be something to say.
func (l *link) poke() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// write says what there is to say until the connection ends.
func (l *link) write() {
	n := l.n
	var b []byte
	for {
		n.mu.Lock()
		now := time.Now()
		if n.link != l {
			n.mu.Unlock()
			return
		}
		b = l.fill(now, b[:0])
		wait := l.deadline().Sub(now)
		if len(b) == 0 && l.isDead(now) {
			n.end(l)
		}
		n.mu.Unlock()
		if len(b) > 0 {
			_, err := l.conn.Write(b)
			n.mu.Lock()
			if err != nil || l.bye && len(l.out) == 0 {
				n.end(l)
			}
			n.mu.Unlock()
			continue
		}
		select {
		case <-l.wake:
		case <-time.After(wait):
		case <-l.done:
		}
	}
}

// deadline is when something is to be done though nothing happens.
func (l *link) deadline() time.Time {
	beat := l.quiet.Add(heartbeat)
	switch {
	case l.n.cfg.Quirks.NoHeartbeat:
		return l.quiet.Add(time.Hour)
	case l.n.faults.NoBeat || l.n.callAt.Before(beat):
		return l.n.callAt
	}
	return beat
}

func (l *link) mute() bool { return l.n.cfg.Quirks.NoHeartbeat || l.n.faults.NoBeat }

// isDead looks every 5 s whether the peer has said anything. Nobody is dead to whom there
// were updates to push: HAProxy does not look then.
func (l *link) isDead(now time.Time) bool {
	if now.Before(l.n.callAt) || l.n.cfg.Quirks.NoHeartbeat {
		return false
	}
	if !l.alive {
		l.n.stats.Dead++
		l.n.callAt = now.Add(time.Second) // HAProxy: random, 50 to 2049 ms
		return true
	}
	l.alive, l.n.callAt = false, now.Add(reconnect)
	return false
}

// fill appends what is to be said now: answers; the lesson, or else the node's changes,
// which wait while a lesson is asked for or not confirmed; a heartbeat.
func (l *link) fill(now time.Time, b []byte) []byte {
	n := l.n
	b = append(b, l.out...)
	l.out = l.out[:0]
	switch {
	case l.teach:
		b = l.teachMore(now, b)
	case !l.asked && !l.unsure:
		b = l.push(now, b)
	}
	if now.Sub(l.quiet) >= heartbeat && !l.mute() {
		b = wire.AppendControl(b, wire.Heartbeat)
		l.quiet = now
	}
	for rest := b; n.cfg.Trace != nil && len(rest) > 0; {
		_, size, err := wire.Next(rest)
		if err != nil {
			size = len(rest) // raw bytes of Send
		}
		n.trace('<', rest[:size])
		rest = rest[size:]
	}
	return b
}

// lesson is one table of a lesson.
type lesson struct {
	table   *table
	entries []slot
}

// startLesson notes what there is to teach: every table, every entry.
func (l *link) startLesson() {
	l.teach, l.unsure, l.lesson = true, false, nil
	for t := l.n.after(l.n.turn); len(l.lesson) < len(l.n.tables); t = l.n.after(t) {
		t.origin = t.acked
		if l.n.cfg.Quirks.OriginCounter {
			t.origin = t.counter
		}
		l.lesson = append(l.lesson, lesson{t, t.lesson(t.origin)})
	}
}

// after is the table whose turn comes behind t: HAProxy's list goes from the highest id
// down, and around.
func (n *Node) after(t *table) *table {
	switch {
	case len(n.tables) == 0:
		return nil
	case t == nil || t.id == 1:
		return n.tables[len(n.tables)-1]
	}
	return n.tables[t.id-2]
}

// teachMore goes on with the lesson, and ends it when all is said.
func (l *link) teachMore(now time.Time, b []byte) []byte {
	for len(l.lesson) > 0 && len(b) < maxOut {
		t := l.lesson[0].table
		if l.last != t {
			b = l.announce(b, t)
		}
		run := uint32(0) // id before that of an incremental update
		for first := true; len(l.lesson[0].entries) > 0 && len(b) < maxOut; {
			s := l.lesson[0].entries[0]
			l.lesson[0].entries = l.lesson[0].entries[1:]
			// What changes meanwhile is pushed when the lesson is confirmed.
			if e := s.entry; !s.void(t) && !e.gone(now) {
				b = l.update(now, b, t, e, l.timed, !first && e.id == run+1)
				first, run = false, e.id
			}
		}
		if len(l.lesson[0].entries) == 0 {
			l.lesson = l.lesson[1:]
		}
	}
	if len(l.lesson) > 0 {
		return b
	}
	l.teach, l.unsure = false, true
	l.n.stats.Lessons++
	if !l.n.upToDate(now) || l.n.cfg.Quirks.AlwaysPartial {
		return wire.AppendControl(b, wire.ResyncPartial)
	}
	return wire.AppendControl(b, wire.ResyncFinished)
}

// push tells the node's own changes, table by table.
func (l *link) push(now time.Time, b []byte) []byte {
	for t, left := l.n.after(l.n.turn), len(l.n.tables); left > 0 && len(b) < maxOut; t, left = l.n.after(t), left-1 {
		run, first := uint32(0), true
		for range maxUpdates {
			e := t.due(now)
			if e == nil || len(b) >= maxOut {
				break
			}
			if first && l.last != t {
				b = l.announce(b, t)
			}
			b = l.update(now, b, t, e, false, !first && e.id == run+1)
			run, first, t.pushed = e.id, false, e.id
		}
	}
	return b
}

func (l *link) announce(b []byte, t *table) []byte {
	l.last, l.n.turn = t, t
	return wire.AppendDefinition(b, t.id, t.schema)
}

// update appends one update. Incremental ones lack their id.
func (l *link) update(now time.Time, b []byte, t *table, e *entry, timed, incremental bool) []byte {
	n := l.n
	row := t.row(now, n.clock(now), e)
	start := len(b)
	b = wire.AppendUpdate(b, e.id, timed, t.schema, &row, &l.dict)
	if incremental && len(b) > start && !n.cfg.Quirks.NoIncremental && !n.faults.Twice {
		m, _, _ := wire.Next(b[start:])
		short := append([]byte{wire.ClassStick, m.Type + 1}, wire.AppendVarint(nil, uint64(len(m.Payload)-4))...)
		b = append(b[:start], append(short, m.Payload[4:]...)...)
	}
	n.stats.Tx++
	l.quiet, l.alive = now, true
	if n.faults.Twice {
		b = append(b, b[start:]...)
	}
	return b
}

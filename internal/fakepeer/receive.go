package fakepeer

import (
	"maps"
	"math/bits"
	"slices"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// read takes what the peer says until the connection ends. in has come already.
func (l *link) read(in []byte) {
	buf := make([]byte, 32<<10)
	for ok := true; ok; {
		if in, ok = l.receive(in); !ok {
			return
		}
		size := len(buf)
		if l.n.currentFaults().ReadDelay > 0 {
			size = 64
		}
		k, err := l.conn.Read(buf[:size])
		in, ok = append(in, buf[:k]...), err == nil && l.pause()
	}
	l.n.mu.Lock()
	l.n.end(l)
	l.n.mu.Unlock()
}

// pause waits as the faults of the moment have it; false: the session has ended.
func (l *link) pause() bool {
	f := l.n.currentFaults()
	for wait := f.ReadDelay; wait > 0 || f.NoRead; f = l.n.currentFaults() {
		select {
		case <-time.After(max(wait, 10*time.Millisecond)):
			wait = 0
		case <-l.done:
			return false
		}
	}
	return true
}

// receive handles the whole messages of b and returns what is left of it; then acks, one
// for each table.
func (l *link) receive(b []byte) (rest []byte, ok bool) {
	n := l.n
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.link != l || l.bye {
		return nil, false
	}
	for {
		m, size, err := wire.Next(b)
		if err == wire.ErrShort {
			break
		}
		if err == nil {
			n.trace('>', b[:size])
			l.alive = true
			err = l.handle(m, time.Now())
		}
		if err != nil {
			n.stats.Faults++
			l.out, l.bye = wire.AppendErrorMessage(l.out, wire.ErrorProtocol), true
			l.poke()
			return nil, false
		}
		b = b[size:]
	}
	l.ack()
	n.notify()
	l.poke()
	return append([]byte(nil), b...), true
}

func (l *link) handle(m wire.Message, now time.Time) error {
	switch {
	case m.Class == wire.ClassReserved:
		return &wire.Error{What: "reserved class"}
	case m.Class == wire.ClassControl:
		l.control(m.Type, now)
	case m.Class != wire.ClassStick:
	case m.Type == wire.Definition:
		return l.define(m)
	case m.Type == wire.Switch:
		id, err := wire.ParseSwitch(m.Payload)
		l.from = l.remote[id]
		return err
	case m.Type == wire.Ack:
		return l.acked(m)
	case m.Type >= wire.UpdateFull && m.Type <= wire.UpdateIncrementalTimed:
		return l.learn(m, now)
	}
	return nil
}

// control handles lessons and heartbeats.
func (l *link) control(typ byte, now time.Time) {
	n := l.n
	switch typ {
	case wire.ResyncRequest:
		if !n.faults.NoAnswer {
			l.startLesson()
		}
	case wire.ResyncFinished, wire.ResyncPartial:
		if n.faults.NoConfirm {
			return
		}
		l.out = wire.AppendControl(l.out, wire.ResyncConfirm)
		if l.asked && typ == wire.ResyncFinished {
			n.learned = true
		} else if l.asked {
			n.tried, n.learnEnd = true, now.Add(assign)
		}
		l.asked = false
	case wire.ResyncConfirm:
		if l.unsure {
			n.stats.Confirmed++
		}
		l.unsure = false
		for _, t := range n.tables { // one that was not asked for rewinds too
			t.acked, t.pushed = t.origin, t.origin
		}
	case wire.Heartbeat:
		n.stats.Beats++
		n.callAt = now.Add(reconnect)
	}
}

// define selects a table of the peer. One that does not fit ours is ignored, with its
// updates and without acks.
func (l *link) define(m wire.Message) error {
	r := &remote{}
	id, err := wire.ParseDefinition(m.Payload, &r.schema)
	if fault, ok := err.(*wire.Error); ok && fault.Table {
		l.from = nil
		return nil
	}
	if err != nil {
		return err
	}
	if old := l.remote[id]; old != nil && old.schema.Name == r.schema.Name {
		r.last, r.next, r.due = old.last, old.next, old.due
	}
	for _, t := range l.n.tables {
		if s := t.schema; s.Name == r.schema.Name && s.KeyType == r.schema.KeyType && s.KeyLen == r.schema.KeyLen {
			r.to = t
		}
	}
	l.remote[id], l.from = r, r
	return nil
}

// learn overwrites an entry with what the peer pushes or teaches.
func (l *link) learn(m wire.Message, now time.Time) error {
	r := l.from
	if r == nil || r.to == nil {
		return nil
	}
	id, row, _, err := wire.ParseUpdate(m, &r.schema, r.next, &l.texts, nil)
	if err != nil {
		return err
	}
	r.last, r.next, r.due = id, id, true
	if q := l.n.cfg.Quirks; q.SwappedAcks && (m.Type == wire.UpdateIncremental || m.Type == wire.UpdateIncrementalTimed) {
		r.last = bits.ReverseBytes32(id)
		r.next = r.last
	}
	l.n.stats.Rx++
	t := r.to
	e := t.get(now, string(row.Key))
	t.overwrite(l.n.clock(now), e, &r.schema, &row, l.n.cfg.Quirks.LearnsConnCur)
	t.learn(e)
	life := t.schema.Expire
	if m.Type >= wire.UpdateTimed && life != 0 && row.Life != stick.Forever {
		life = min(life, row.Life)
		if life == 0 {
			delete(t.entries, e.key)
		}
	}
	e.live(now, life)
	return nil
}

// ack acks what was received.
func (l *link) ack() {
	q := l.n.cfg.Quirks
	if q.NoAcks || q.SilentLearner && l.asked {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(l.remote)) {
		if r := l.remote[id]; r.due {
			r.due = false
			l.out = wire.AppendAck(l.out, id, r.last)
		}
	}
}

// acked moves the place where the next session begins, but not during a lesson.
func (l *link) acked(m wire.Message) error {
	id, update, err := wire.ParseAck(m.Payload)
	if err != nil || id == 0 || int(id) > len(l.n.tables) {
		return err
	}
	if !l.teach && !l.unsure || l.n.cfg.Quirks.OriginCounter {
		l.n.tables[id-1].acked = update
	}
	return nil
}

package node

import (
	"fmt"
	"slices"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/topology"
)

// Replicas see the same nodes, so they report the same but for what is under way. If they do
// not for disputeAfter, one of them does not see what the other sees, and the sums depend on
// who leads: an operator must know.
const (
	disputeEvery = time.Second
	disputeAfter = 10 * time.Second
	disputeKeys  = 16   // keys that are suspected at once
	disputeRows  = 2000 // rows that are looked at each time, so that a large table costs no more
)

// dispute looks for keys about which the members of a contest disagree by more than a tenth.
type dispute struct {
	place    table.Place
	suspects map[string]*Disagreement // by key
	open     *Disagreement            // the one that has been told
	times    int
}

// Disagreement is a key for which a replica reports something else than the leader.
type Disagreement struct {
	Table          string
	Member         string // label
	Leader         string // label
	Key            []byte
	Schema         *stick.Schema
	Element        int // of an array
	Column         stick.DataType
	Has, LeaderHas uint64
	Since          time.Time
	Times          int // that this group has begun to disagree about the table
}

// String tells who has how much of what, in a sentence without its beginning.
func (d *Disagreement) String() string {
	return fmt.Sprintf("%s has %v=%d of key %s, %s has %d", d.Member, d.Column, d.Has, stick.AppendKey(nil, d.Schema.KeyType, d.Key), d.Leader, d.LeaderHas)
}

// look goes on looking, and reports the disagreement that has begun or ended just now.
func (d *dispute) look(now time.Time, ms int64, t *target, c *contest) (begun, ended *Disagreement) {
	for key, s := range d.suspects {
		var found *Disagreement
		t.table.Get(ms, []byte(key), func(e *table.Entry) { found = c.compare(e) })
		if found == nil {
			delete(d.suspects, key)
			continue
		}
		found.Since, found.Table = s.Since, t.name
		d.suspects[key] = found
	}
	more := t.table.Scan(ms, &d.place, disputeRows, func(e *table.Entry) {
		if d.suspects[string(e.Key)] != nil || len(d.suspects) >= disputeKeys {
			return
		}
		if found := c.compare(e); found != nil {
			found.Since, found.Table = now, t.name
			d.suspect(found)
		}
	})
	if !more {
		d.place = table.Place{}
	}
	return d.judge(now)
}

func (d *dispute) suspect(found *Disagreement) {
	if d.suspects == nil {
		d.suspects = map[string]*Disagreement{}
	}
	d.suspects[string(found.Key)] = found
}

// judge decides whether it is a dispute by now: one suspect is old enough.
func (d *dispute) judge(now time.Time) (begun, ended *Disagreement) {
	var oldest *Disagreement
	for _, s := range d.suspects {
		if oldest == nil || s.Since.Before(oldest.Since) {
			oldest = s
		}
	}
	was := d.open
	if oldest == nil || now.Sub(oldest.Since) < disputeAfter {
		d.open = nil
		return nil, was
	}
	d.open = oldest
	if was == nil {
		d.times++
		begun = oldest
	}
	oldest.Times = d.times
	return begun, nil
}

// compare finds the first counter about which a member and the leader disagree in a row.
// Whoever has no share of it has counted nothing; a share that has expired says nothing,
// since lives end a moment apart.
func (c *contest) compare(e *table.Entry) *Disagreement {
	leader, led := c.election.Leader()
	if !led {
		return nil
	}
	lead, ok := c.reported(e, leader)
	for name := range c.lanes {
		if !ok || name == leader || c.election.Standing(name) != topology.Ready {
			continue
		}
		has, fresh := c.reported(e, name)
		if column, element, i := differ(e.Schema, has, lead); fresh && i >= 0 {
			return &Disagreement{Member: name, Leader: leader, Key: e.Key, Schema: e.Schema, Column: column, Element: element, Has: has[i], LeaderHas: lead[i]}
		}
	}
	return nil
}

// reported adds up what the lanes of a member have in a row. It reports false if any of it
// has expired.
func (c *contest) reported(e *table.Entry, name string) (values []uint64, fresh bool) {
	values = make([]uint64, e.Schema.Words())
	for i := range e.Shares {
		s := &e.Shares[i]
		if !slices.Contains(c.lanes[name], s.Lane) {
			continue
		}
		if s.Expired {
			return nil, false
		}
		for j, v := range s.Values {
			values[j] += v
		}
	}
	return values, true
}

// differ finds the first counter in which two rows are more than a tenth apart, and where it
// is among the values; -1 if there is none. Rates decay at their own times, connections come
// and go, and tags are nobody's sum: only what is counted is compared.
func differ(s *stick.Schema, a, b []uint64) (column stick.DataType, element, at int) {
	if a == nil || b == nil {
		return 0, 0, -1
	}
	for _, c := range s.Columns {
		counts := c.Type.Counts()
		for i := range c.Words() {
			if counts && apart(a[at+i], b[at+i]) {
				return c.Type, i, at + i
			}
		}
		at += c.Words()
	}
	return 0, 0, -1
}

// apart reports whether two values differ by more than a tenth of the larger.
func apart(a, b uint64) bool {
	high, low := max(a, b), min(a, b)
	return high-low > high/10
}

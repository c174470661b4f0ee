package view

import (
	"bytes"
	"slices"

	"tallystick/internal/stick"
)

// Counts reports whether the sum has the lane in it, or what is relayed is the lane's.
func (l *Lane) Counts() bool { return !l.Standby && l.SetAside == "" }

// StandsBy reports whether nothing of what the peer sends counts, since others of its group do.
func (p *Peer) StandsBy() bool {
	return len(p.Lanes) > 0 && !slices.ContainsFunc(p.Lanes, func(l Lane) bool { return !l.Standby })
}

// Behind is by how many changes a peer lacks what the table has, at most: a row that has
// changed twice is sent once. Ids go round, so theirs is a distance.
func (t *Table) Behind(to *Receiver) uint32 { return ahead(t.Update, to.Pushed) }

// Unacked is how many changes have been sent to a peer and not been acked by it.
func (to *Receiver) Unacked() uint32 { return ahead(to.Pushed, to.Acked) }

// ahead is how far id a is beyond b; 0 if it is not. 0 is no id, and before all of them.
func ahead(a, b uint32) uint32 {
	if b == 0 {
		return a
	}
	return uint32(max(0, int32(a-b)))
}

// In is what the values of a share of e are.
func (s *Share) In(e *Entry) *stick.Schema {
	if s.Schema != nil {
		return s.Schema
	}
	return e.Schema
}

// Counting is what a share counts: what has expired counts 0, and no text.
func (s *Share) Counting() (values []uint64, text string) {
	if s.Expired {
		return nil, ""
	}
	return s.Values, s.Text
}

// Clone copies what an entry points to, but for schemas, which nobody changes.
func (e *Entry) Clone() Entry {
	c := *e
	c.Key = bytes.Clone(e.Key)
	c.Sum.Values = slices.Clone(e.Sum.Values)
	c.Shares = slices.Clone(e.Shares)
	for i := range c.Shares {
		c.Shares[i].Values = slices.Clone(c.Shares[i].Values)
	}
	return c
}

package view

import (
	"bytes"
	"slices"
	"strconv"

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

// Refuses tells how a peer has answered our last hello if that was no welcome: the status, and what it means
// as far as that is known. "" if it was, or if none has been answered.
func (p *Peer) Refuses() string {
	switch p.LastStatus {
	case 0, 200:
		return ""
	case 300:
		return "status 300 (it has another session of our name)"
	case 501:
		return "status 501 (it finds our hello malformed)"
	case 502:
		return "status 502 (it does not speak our version of the protocol)"
	case 503:
		return "status 503 (it goes by another name)"
	case 504:
		return "status 504 (its peers section has no line with our name)"
	}
	return "status " + strconv.Itoa(p.LastStatus)
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

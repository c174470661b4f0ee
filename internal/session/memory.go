package session

import "time"

// Memory is what one session of a peer leaves to the next one. The zero value is that of
// a peer never met. It belongs to the live session: whoever makes a new one must have
// let go of the old.
type Memory struct {
	pid        string            // process id of the last hello to us; "": none that can be met again
	asked      time.Time         // when we last asked for a lesson
	announce20 bool              // the peer answered 502 to our 2.1
	places     map[string]*place // of that process, by wire name
}

// place is where a process stands in one of its tables.
type place struct {
	acked   uint32 // newest update that we have acked
	newest  uint32 // newest update received outside lessons
	isAcked bool
	isHeard bool // newest is valid
}

// forget drops what was known of the process: it is, or may be, another one.
func (m *Memory) forget() { clear(m.places) }

// place returns the place of the table of that name, or nil if the peer has had too many
// tables for one more to be remembered. What is not remembered is only taken less well:
// nothing of it counts as a replay.
func (m *Memory) place(name string) *place {
	if p := m.places[name]; p != nil {
		return p
	}
	if len(m.places) >= maxTables {
		return nil
	}
	if m.places == nil {
		m.places = map[string]*place{}
	}
	p := &place{}
	m.places[name] = p
	return p
}

// isNewer compares ids modulo 2^32: ids wrap.
func isNewer(id, than uint32) bool { return int32(id-than) > 0 }

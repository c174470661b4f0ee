package node

import (
	"slices"
	"sync"
	"time"
)

// RefusalKind is why somebody was refused.
type RefusalKind uint8

// The reasons.
const (
	RefusedOther       RefusalKind = iota // it is disabled, or we stop
	RefusedUnknown                        // no line has the name
	RefusedSelf                           // it is ours
	RefusedWrongName                      // it has called somebody else
	RefusedTwice                          // one of that name is there, from another address
	RefusedAllow                          // it may not come from where it comes
	RefusedCertificate                    // it has not proved its name
	RefusedCrowd                          // one dynamic peer too many
	RefusedTLS                            // one side speaks TLS, or they do not agree about it; the name is not known
)

// Refusal is somebody who may not come in, by name, address and reason.
type Refusal struct {
	Name, Called string // a stranger's choice; "" if he did not come to say it
	From         string // address
	Kind         RefusalKind
	Text         string    // what the log has been told
	Line         string    // the line that would let it in; "" if there is none
	First, Last  time.Time // of the present series of calls
	Times        uint64    // in it
}

// maxRefusals bounds what is remembered of those who were refused: strangers choose their names.
const maxRefusals = 32

// callsAgain is how long a pause may be in what is one series of calls: HAProxy calls every five seconds.
const callsAgain = time.Minute

// refusals remembers the most recent of those who were refused. Safe for concurrent use.
type refusals struct {
	mu   sync.Mutex
	list []Refusal
}

// note remembers one who is refused because of err, of which r is what is known; nil: nothing more.
func (b *refusals) note(now time.Time, g *greeting, r *refusal, err error) {
	n := Refusal{Name: g.hello.Caller, Called: g.hello.Called, From: g.from.String(), Text: err.Error(), First: now}
	if r != nil {
		n.Kind, n.Line = r.kind, r.line
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.list, func(o Refusal) bool {
		return o.Name == n.Name && o.Called == n.Called && o.From == n.From && o.Kind == n.Kind
	})
	if i < 0 && len(b.list) >= maxRefusals { // whoever has not come for longest makes room
		i = 0
		for j := range b.list {
			if b.list[j].Last.Before(b.list[i].Last) {
				i = j
			}
		}
		b.list = slices.Delete(b.list, i, i+1)
		i = -1
	}
	if i < 0 {
		i = len(b.list)
		b.list = append(b.list, n)
	}
	x := &b.list[i]
	if x.Times > 0 && now.Sub(x.Last) > callsAgain { // he had given up
		x.First, x.Times = now, 0
	}
	x.Text, x.Line, x.Last = n.Text, n.Line, now
	x.Times++
}

// all lists what is remembered.
func (b *refusals) all() []Refusal {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.list)
}

// Refusals lists the most recent of those who were refused in the section, at most 32.
func (s *Section) Refusals() []Refusal { return s.refused.all() }

// Refusals lists the most recent of those who were refused before it was clear which section
// they came to, at most 32.
func (d *Door) Refusals() []Refusal { return d.refused.all() }

// TablesRefused is how many tables were not taken since the section had as many as it may have,
// and when the last of them came.
func (s *Section) TablesRefused() (times uint64, last time.Time) {
	s.tables.mu.RLock()
	defer s.tables.mu.RUnlock()
	return s.tables.refused.times, s.tables.refused.at
}

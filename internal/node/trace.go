package node

import (
	"tallystick/internal/stick"
	"tallystick/internal/table"
)

// Reach is how far the newest value of one key has come at one peer.
type Reach struct {
	Peer   string
	Pushed bool // it has been sent in this session, or had been before that one resumed
	Acked  bool // and acked
	Known  bool // false: the peer is so far behind that neither can be told
	Long   bool // the key is too long for the peer's table
}

// Trace tells how far the newest value of a key of t, a table of this section, has come at
// each peer that is told of the table. The key is as on the wire.
func (s *Section) Trace(t *table.Table, key []byte) (list []Reach) {
	type standing struct{ stands, level bool }
	var readers []*table.Reader
	var how []standing
	for _, p := range s.roster.all() {
		p.look(func(b *book) {
			for _, f := range b.feeds {
				if f.target.table != t {
					continue
				}
				x := standing{}
				x.stands, _, x.level = f.Stands()
				want := f.Place().Schema
				list = append(list, Reach{Peer: p.Name, Long: want != nil && want.KeyType == stick.String && len(key) >= int(want.KeyLen)})
				readers, how = append(readers, f.Reader()), append(how, x)
			}
		})
	}
	past, _ := t.Past(key, readers)
	for i := range past {
		r := &list[i]
		r.Known, r.Pushed = past[i].Known, past[i].Read && !r.Long
		r.Acked = r.Pushed && (how[i].level || how[i].stands && past[i].Acked)
	}
	return list
}

// look calls f with the peer's book, to read in it: in the drive loop if there is one, else here. If the
// book is between two owners f is not called.
func (p *Peer) look(f func(*book)) {
	if c := p.current(); c != nil {
		if ran, _ := c.visitWithin(nil, func(v *visit) { f(v.book) }); ran {
			return
		}
	}
	select {
	case b := <-p.book:
		f(b)
		p.book <- b
	default:
	}
}

// Owner tells whose a lane is: the peer's name, what the table is called there, and the group of
// the peer; nothing but empty words for the operator's.
func (s *Section) Owner(l *table.Lane) (peer, source, group string) {
	s.tables.mu.RLock()
	defer s.tables.mu.RUnlock()
	o := s.tables.owners[l]
	if o.peer == nil {
		return "", "", ""
	}
	return o.peer.Name, o.name, o.peer.conf().Group
}

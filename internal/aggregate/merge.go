package aggregate

import (
	"cmp"
	"fmt"
	"slices"

	"tallystick/internal/stick"
)

// Member is one lane's say about the definition of the sum.
type Member struct {
	Label  string // as logs call it
	Live   bool   // its session lives
	Schema *stick.Schema
}

// Verdict is what a member's own definition means for its share.
type Verdict struct {
	Aside   string                    // why its table does not count at all, or ""
	Columns map[stick.DataType]string // why single columns of it do not count
}

// Merge unites the definitions of members, which stand in configuration order. Where they
// disagree the definition of most live members decides, on a tie the one that decided
// before (last, nil at the start), then the first. A key type, or a binary key's length,
// that is not the deciding one sets the member's table aside; another period sets that
// column of it aside. String lengths may differ. Columns and elements of arrays: the union.
// The sum lives as long as the longest, for ever if one does.
//
// The schema has no name. With no member it is nil.
func Merge(members []Member, last *stick.Schema) (s *stick.Schema, verdicts []Verdict) {
	if len(members) == 0 {
		return nil, nil
	}
	verdicts = make([]Verdict, len(members))
	lead := decide(members, func(m *Member) bool { return true },
		func(a, b *stick.Schema) bool { return a.SameKeys(b) }, last)
	s = &stick.Schema{KeyType: lead.Schema.KeyType, KeyLen: lead.Schema.KeyLen}
	forever := false
	for i, m := range members {
		if !m.Schema.SameKeys(lead.Schema) {
			verdicts[i].Aside = fmt.Sprintf("its keys differ, so its table does not count: it has '%v', %s has '%v'", m.Schema, lead.Label, lead.Schema)
			continue
		}
		s.KeyLen = max(s.KeyLen, m.Schema.KeyLen)
		s.Expire = max(s.Expire, m.Schema.Expire)
		forever = forever || m.Schema.Expire == 0
	}
	if forever {
		s.Expire = 0
	}
	mergeColumns(s, members, verdicts, last)
	return s, verdicts
}

// mergeColumns fills in the union of the columns of those that are not set aside.
func mergeColumns(s *stick.Schema, members []Member, verdicts []Verdict, last *stick.Schema) {
	for t := stick.DataType(0); t.Known(); t++ {
		has := func(m *Member) bool { return m.Schema.SameKeys(s) && m.Schema.Column(t) >= 0 }
		lead := decide(members, has, func(a, b *stick.Schema) bool { return period(a, t) == period(b, t) }, last)
		if lead == nil {
			continue
		}
		c := stick.Column{Type: t, Period: period(lead.Schema, t)}
		for i := range members {
			m := &members[i]
			if !has(m) {
				continue
			}
			own := m.Schema.Columns[m.Schema.Column(t)]
			if own.Period == c.Period {
				c.Len = max(c.Len, own.Len)
				continue
			}
			if verdicts[i].Columns == nil {
				verdicts[i].Columns = map[stick.DataType]string{}
			}
			verdicts[i].Columns[t] = fmt.Sprintf("its period differs, so the column does not count: it has %v, %s has %v", own, lead.Label, c)
		}
		s.Columns = append(s.Columns, c)
	}
}

func period(s *stick.Schema, t stick.DataType) uint32 {
	if i := s.Column(t); i >= 0 {
		return s.Columns[i].Period
	}
	return 0
}

// decide returns the first member of the party that has the most live members, among those
// that have a say; nil if nobody has. On a tie the party of last wins.
func decide(members []Member, say func(*Member) bool, same func(a, b *stick.Schema) bool, last *stick.Schema) *Member {
	type party struct {
		first     *Member
		live      int
		incumbent bool
	}
	var parties []party
	for i := range members {
		m := &members[i]
		if !say(m) {
			continue
		}
		at := slices.IndexFunc(parties, func(p party) bool { return same(p.first.Schema, m.Schema) })
		if at < 0 {
			at = len(parties)
			parties = append(parties, party{first: m, incumbent: last != nil && same(last, m.Schema)})
		}
		if m.Live {
			parties[at].live++
		}
	}
	if len(parties) == 0 {
		return nil
	}
	best := slices.MaxFunc(parties, func(a, b party) int {
		if c := cmp.Compare(a.live, b.live); c != 0 {
			return c
		}
		switch {
		case a.incumbent == b.incumbent:
			return 0 // MaxFunc keeps the first
		case a.incumbent:
			return 1
		}
		return -1
	})
	return best.first
}

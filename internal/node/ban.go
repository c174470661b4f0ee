package node

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/table"
	"tallystick/internal/topology"
)

// Ban is one value that an operator has given a key for a time.
type Ban struct {
	Table   string        // target
	KeyType stick.KeyType // of Key
	Key     []byte        // as on the wire
	Type    stick.DataType
	Element int       // of an array, from 0; else 0
	Value   uint64    // as in stick.Row.Values; of a rate: its reading
	Until   time.Time // when it ends
	Idle    string    // why it is in no sum now; "" if it is in one
}

// maxBans bounds the values that are banned in a section at once.
const maxBans = 10_000

// banLabel is what shows call the bans' lane. No peer can have that name.
const banLabel = "(operator-ban)"

// bans are an operator's contributions that have lives of their own. They are kept beside the
// tables, by the names of the sums without their suffix, and are put into whatever table has that
// name: so they outlive definitions, tables and suffixes. Safe for concurrent use.
type bans struct {
	mu      sync.Mutex // taken before the registry's and the tables'
	count   int        // values of all keys
	keys    map[outlaw]*sentence
	lanes   map[*table.Table]*table.Lane // of tables with any
	next    time.Time                    // when something ends or is to be renewed; valid if there are any
	version uint64                       // of the registry, for which everything is where it belongs
}

// outlaw is a key of a table. What is no key of its present definition waits for another.
type outlaw struct {
	base    string // name of the sum without its suffix
	keyType stick.KeyType
	key     string
}

// sentence is what is said of a key, and where.
type sentence struct {
	values []banned
	in     *table.Table  // that has its share; nil: none has
	schema *stick.Schema // of the sum, for which the share was made
	idle   string        // why none has
	renew  time.Time     // when the windows of its rates begin anew; zero: it has none
}

type banned struct {
	typ     stick.DataType
	element int
	value   uint64
	until   time.Time
}

func (v *banned) is(typ stick.DataType, element int) bool {
	return v.typ == typ && v.element == element
}

// Ban makes a value the operator's contribution to a key of a sum, until b.Until. Of b Table,
// KeyType and Idle do not matter. The error is a sentence.
func (s *Section) Ban(name string, b Ban) error {
	s.bans.mu.Lock()
	defer s.bans.mu.Unlock()
	now := time.Now()
	t := s.tables.find(name)
	switch {
	case t == nil || t.table.Schema() == nil:
		return errors.New("the table is gone, or not yet there")
	case t.relayed:
		return errors.New("the table is handed on as it comes from above: ban where it is summed")
	case b.Value == 0:
		return errors.New("a ban of 0 says nothing: end one with 'unban'")
	case b.Type.Kind() == stick.Text:
		return fmt.Errorf("%v is a text: only numbers can be banned", b.Type)
	case !b.Until.After(now):
		return errors.New("a ban needs a time to live")
	}
	base, _ := topology.Suffix(t.name)
	k := outlaw{base, t.table.Schema().KeyType, string(b.Key)}
	err := s.bans.add(s, now, k, banned{b.Type, b.Element, b.Value, b.Until})
	s.changed()
	return err
}

// add says a value of a key, in the place of what was said of it before. If that cannot be, all is as it was.
func (b *bans) add(s *Section, now time.Time, k outlaw, v banned) error {
	o := b.keys[k]
	if o == nil {
		o = &sentence{}
	}
	before := slices.Clone(o.values)
	if i := slices.IndexFunc(o.values, func(o banned) bool { return o.is(v.typ, v.element) }); i >= 0 {
		o.values[i] = v
	} else if b.count >= maxBans {
		s.Counters.BansRefused.Add(1)
		return fmt.Errorf("the section has %d bans, and may have no more: end some with 'unban'", b.count)
	} else {
		o.values = append(o.values, v)
	}
	if err := b.put(s, now, k, o); err != nil {
		if o.values = before; len(before) > 0 {
			_ = b.put(s, now, k, o) // it was possible a moment ago
		}
		b.sweep()
		return err
	}
	if b.keys == nil {
		b.keys = map[outlaw]*sentence{}
	}
	if len(b.keys) == 0 {
		b.next, b.version = now, s.tables.version.Load()
	}
	b.count += len(o.values) - len(before)
	b.keys[k] = o
	b.soon(o)
	return nil
}

// Unban ends the bans of a key, whatever its type, of a sum by its wire name, which need not be there any more: that of one
// column, or all if of is nil. Of of only Type and Element matter. It returns how many it has ended.
func (s *Section) Unban(name string, key []byte, of *Ban) (ended int) {
	s.bans.mu.Lock()
	defer s.bans.mu.Unlock()
	base, _ := topology.Suffix(name)
	for _, typ := range []stick.KeyType{stick.Integer, stick.IPv4, stick.IPv6, stick.String, stick.Binary} {
		k := outlaw{base, typ, string(key)}
		if o := s.bans.keys[k]; o != nil {
			ended += s.bans.end(s, time.Now(), k, o, func(v banned) bool { return of == nil || v.is(of.Type, of.Element) })
		}
	}
	s.bans.sweep()
	s.changed()
	return ended
}

// end takes values from a key, and returns how many. Its share is made anew, or withdrawn.
func (b *bans) end(s *Section, now time.Time, k outlaw, o *sentence, over func(banned) bool) (ended int) {
	before := len(o.values)
	o.values = slices.DeleteFunc(o.values, over)
	ended = before - len(o.values)
	b.count -= ended
	switch {
	case len(o.values) == 0:
		b.withdraw(s, now, k, o)
		delete(b.keys, k)
	case ended > 0:
		_ = b.put(s, now, k, o)
	}
	return ended
}

// Bans lists the bans of the section, by table, key and column.
func (s *Section) Bans() []Ban {
	s.bans.mu.Lock()
	defer s.bans.mu.Unlock()
	list := make([]Ban, 0, s.bans.count)
	to := s.conf().Rules.To
	for k, o := range s.bans.keys {
		for _, v := range o.values {
			b := Ban{Table: k.base + to, KeyType: k.keyType, Key: []byte(k.key), Type: v.typ, Element: v.element, Value: v.value, Until: v.until, Idle: o.idle}
			if b.Idle == "" && o.schema != nil && o.schema.Word(v.typ, v.element) < 0 {
				b.Idle = "the table has no such column now"
			}
			list = append(list, b)
		}
	}
	slices.SortFunc(list, func(a, b Ban) int {
		return cmp.Or(strings.Compare(a.Table, b.Table), slices.Compare(a.Key, b.Key), int(a.Type)-int(b.Type), a.Element-b.Element)
	})
	return list
}

// BanCount is how many bans the section has.
func (s *Section) BanCount() int {
	s.bans.mu.Lock()
	defer s.bans.mu.Unlock()
	return s.bans.count
}

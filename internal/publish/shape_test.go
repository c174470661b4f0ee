package publish

import (
	"strings"
	"testing"

	"tallystick/internal/stick"
)

// A peer is sent what both tables have: the same type and period, no more elements of an
// array than both have. HAProxy leaves its other columns alone.
func TestShape(t *testing.T) {
	source := func() []stick.Column {
		return []stick.Column{{Type: stick.GPC0}, {Type: stick.HTTPReqRate, Period: 10000}, {Type: stick.GPC, Len: 3}}
	}
	for _, x := range []struct {
		name    string
		twin    []stick.Column
		want    string // values of a row that is 1, a rate of 20, and 7, 8, 9
		omitted string // columns
	}{
		{"the same", source(), "1 a=[1 100 20 0 7 8 9]", ""},
		{"one of three", []stick.Column{{Type: stick.GPC, Len: 3}}, "1 a=[7 8 9]", ""},
		{"another period", []stick.Column{{Type: stick.GPC0}, {Type: stick.HTTPReqRate, Period: 60000}}, "1 a=[1]", "http_req_rate(1m)"},
		{"more than the source", []stick.Column{{Type: stick.GPC0}, {Type: stick.GPC1}}, "1 a=[1]", "gpc1"},
		{"a shorter array", []stick.Column{{Type: stick.GPC, Len: 2}}, "1 a=[7 8]", ""},
		{"a longer array", []stick.Column{{Type: stick.GPC, Len: 5}}, "1 a=[7 8 9]", ""},
		{"nothing in common", []stick.Column{{Type: stick.GPC1}}, "1 a=[]", "gpc1"},
	} {
		t.Run(x.name, func(t *testing.T) {
			r := newRig(t, text(32, source()...))
			r.timed = false
			r.feed.Announce(text(32, x.twin...))
			r.report("a", 1, 100, 20, 0, 7, 8, 9)
			r.expect(r.pull(), x.want, "columns that both have")
			var omitted []string
			for _, c := range r.feed.Omitted() {
				omitted = append(omitted, c.String())
			}
			r.expect(strings.Join(omitted, " "), x.omitted, "and those that we lack are named")
		})
	}
}

func TestKeysOfAnotherType(t *testing.T) {
	r := newRig(t, text(32, stick.Column{Type: stick.GPC0}))
	twin := text(32, stick.Column{Type: stick.GPC0})
	twin.KeyType, twin.KeyLen = stick.IPv4, 4
	r.feed.Announce(twin)
	r.report("a", 1)
	r.expect(r.pull(), "", "a string is no address")
	if why := r.feed.Refused(); !strings.Contains(why, "type ip ") || !strings.Contains(why, "type string") {
		t.Errorf("%q, want both types named", why)
	}
	if r.feed.Due() || !r.feed.Taught() {
		t.Error("nothing is due, so nothing is waited for")
	}
	r.feed.Announce(text(32, stick.Column{Type: stick.GPC0}))
	if got := r.pull(); r.feed.Refused() != "" || !strings.HasPrefix(got, "1 a=[1]") {
		t.Errorf("got %q, refused %q: another definition, another verdict", got, r.feed.Refused())
	}
}

// The definition of the sum changes when a member with more columns comes.
func TestSumChangesItsDefinition(t *testing.T) {
	r := counts(t)
	r.timed = false
	r.report("a", 1)
	r.expect(r.pull(), "1 a=[1]", "one column")
	both := text(32, stick.Column{Type: stick.GPT0}, stick.Column{Type: stick.GPC0})
	r.lane, _ = r.table.Define(r.lane, "lb1", 0, both)
	r.report("a", 5, 2)
	r.expect(r.pull(), "2 a=[2]", "the peer's one column is another one of ours now")
	r.feed.Announce(both)
	r.report("a", 5, 3)
	r.expect(r.pull(), "3 a=[5 3]", "and once it has both it gets both")
}

func TestLongKeys(t *testing.T) {
	r := newRig(t, text(32, stick.Column{Type: stick.GPC0}))
	r.timed = false
	r.feed.Announce(text(8, stick.Column{Type: stick.GPC0}))
	r.report("123456789", 1)
	r.report("12345678", 2)
	r.expect(r.pull(), "1 12345678=[2]", "HAProxy would cut the other one to the same key")
	if r.feed.TooLong != 1 || string(r.feed.LongKey) != "123456789" {
		t.Errorf("%d, %q: it is counted and named", r.feed.TooLong, r.feed.LongKey)
	}
}

// The definition of the sum may change between two pulls, and the peer's after it.
func TestRefusedForAWhile(t *testing.T) {
	r := counts(t)
	r.timed = false
	r.report("a", 1)
	r.expect(r.pull(), "1 a=[1]", "strings")
	addresses := text(32, stick.Column{Type: stick.GPC0})
	addresses.KeyType, addresses.KeyLen = stick.IPv4, 4
	r.lane, _ = r.table.Define(r.lane, "lb1", 0, addresses)
	r.report("\x01\x02\x03\x04", 1)
	r.expect(r.pull(), "", "the sum has addresses for keys now")
	r.feed.Announce(addresses)
	r.expect(r.pull(), "2 \x01\x02\x03\x04=[1]", "what was read meanwhile is due once the peer can hold it; the ids go on")
}

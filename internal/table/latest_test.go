package table

import (
	"testing"

	"tallystick/internal/stick"
)

// tags has a column of each type that cannot be added: server_id, gpt0, server_key, gpt(2).
var tags = schema(60_000, stick.Column{Type: stick.ServerID}, stick.Column{Type: stick.GPT0},
	stick.Column{Type: stick.ServerKey}, stick.Column{Type: stick.GPT, Len: 2})

// tagged is a row of tags in which only gpt0 and the server's name are set.
func tagged(tag uint64, server string, life uint32) stick.Row {
	r := reported("k", life, 0, tag, 0, 0)
	r.Text = server
	return r
}

// TestLatest: tells each story as reports of lanes 0 to 2, and what is read then.
func TestLatest(t *testing.T) {
	type step struct {
		lane int
		how  How
		row  stick.Row
		want string
	}
	for _, c := range []struct {
		why   string
		steps []step
	}{
		{"every element of every type for itself", []step{
			{0, 0, reported("k", 60_000, 1, 2, 3, 4), "[1 2 3 4]"},
			{1, 0, reported("k", 60_000, 0, 0, 0, 9), "[1 2 3 9]"},
			{1, 0, reported("k", 60_000, 8, 0, 0, 9), "[8 2 3 9]"},
			{0, 0, reported("k", 60_000, 1, 2, 7, 4), "[8 2 7 9]"}}},
		{"a server's number is signed, and kept as its 32 bits", []step{
			{0, 0, reported("k", 60_000, uint64(^uint32(0)), 0, 0, 0), "[4294967295 0 0 0]"}}},
		{"the last change counts, not the last report", []step{
			{0, 0, tagged(1, "s1", 60_000), "[0 1 0 0] s1"},
			{1, 0, tagged(2, "s2", 60_000), "[0 2 0 0] s2"},
			{0, 0, tagged(1, "s1", 60_000), "[0 2 0 0] s2"},
			{0, 0, tagged(3, "s1", 60_000), "[0 3 0 0] s2"}}},
		{"zero is no change in a new entry", []step{
			{0, 0, tagged(1, "s1", 60_000), "[0 1 0 0] s1"},
			{1, 0, tagged(0, "", 60_000), "[0 1 0 0] s1"}}},
		{"zero is a change after another value", []step{
			{0, 0, tagged(1, "s1", 60_000), "[0 1 0 0] s1"},
			{1, 0, tagged(2, "s2", 60_000), "[0 2 0 0] s2"},
			{1, 0, tagged(0, "", 60_000), "[0 0 0 0]"}}},
		{"learned: more life beats less, whoever is heard first", []step{
			{0, InLesson, tagged(1, "s1", 30_000), "[0 1 0 0] s1"},
			{1, InLesson, tagged(2, "s2", 20_000), "[0 1 0 0] s1"},
			{2, InLesson, tagged(3, "s3", 40_000), "[0 3 0 0] s3"}}},
		{"learned: something beats nothing", []step{
			{0, InLesson, tagged(0, "", 60_000), "[0 0 0 0]"},
			{1, InLesson, tagged(2, "s2", 1000), "[0 2 0 0] s2"},
			{2, InLesson, tagged(0, "", 60_000), "[0 2 0 0] s2"}}},
		{"learned: with equal lives the order of the configuration", []step{
			{1, InLesson, tagged(2, "s2", 60_000), "[0 2 0 0] s2"},
			{2, InLesson, tagged(3, "s3", 60_000), "[0 2 0 0] s2"},
			{0, InLesson, tagged(1, "s1", 60_000), "[0 1 0 0] s1"}}},
		{"learned again, and changed since: a change", []step{
			{0, 0, tagged(1, "s1", 60_000), "[0 1 0 0] s1"},
			{1, InLesson, tagged(2, "s2", 1000), "[0 1 0 0] s1"},
			{1, InLesson, tagged(3, "s2", 1000), "[0 3 0 0] s1"}}},
		{"outside a lesson a first value is a change, however short its life", []step{
			{0, InLesson, tagged(1, "s1", 60_000), "[0 1 0 0] s1"},
			{1, 0, tagged(2, "s2", 1000), "[0 2 0 0] s2"}}},
	} {
		f := newFixture(t)
		lanes := []*Lane{f.lane(tags), f.lane(tags), f.lane(tags)}
		for i, s := range c.steps {
			f.apply(lanes[s.lane], s.how, s.row)
			if got := f.sum("k"); got != s.want {
				t.Errorf("%s, step %d: got %s, want %s", c.why, i+1, got, s.want)
			}
		}
	}
}

// TestDeciderLeaves: when the member that decided has gone nobody knows the history any more.
func TestDeciderLeaves(t *testing.T) {
	for _, c := range []struct {
		why   string
		leave func(f *fixture, l *Lane)
	}{
		{"its life ends", func(f *fixture, _ *Lane) { f.pass(10_200) }},
		{"a lesson does not mention it", func(f *fixture, l *Lane) { f.table.Begin(l); f.table.End(l, true) }},
		{"its lane is dropped", func(f *fixture, l *Lane) { f.table.Drop(l) }},
	} {
		f := newFixture(t)
		lanes := []*Lane{f.lane(tags), f.lane(tags), f.lane(tags), f.lane(tags)}
		f.apply(lanes[0], 0, tagged(0, "s0", 60_000))
		f.apply(lanes[1], 0, tagged(1, "s1", 30_000))
		f.apply(lanes[2], 0, tagged(2, "", 50_000))
		f.apply(lanes[3], 0, tagged(9, "s9", 10_000))
		r := f.table.NewReader()
		f.drain(r, 60_000)
		c.leave(f, lanes[3])
		f.dueNow(r, c.why+": of what is not empty, what has the most life left", "k[0 2 0 0] s0")
	}
}

// TestLearnedAgainAfterExpiry: a share that had expired has no history either.
func TestLearnedAgainAfterExpiry(t *testing.T) {
	f := newFixture(t)
	a, b := f.lane(tags), f.lane(tags)
	f.apply(a, 0, tagged(1, "s1", 60_000))
	f.apply(b, 0, tagged(2, "s2", 1000))
	f.pass(1200)
	f.want("its life has ended", "k", "[0 1 0 0] s1")
	f.apply(b, InLesson, tagged(2, "s2", 1000))
	f.want("learned once more, it has less life than lb1's", "k", "[0 1 0 0] s1")
}

// TestTextsLimit: a peer that makes texts up is taken at its first 65536, and none is long.
func TestTextsLimit(t *testing.T) {
	f := newFixture(t)
	l := f.lane(tags)
	f.apply(l, 0, tagged(1, string(make([]byte, maxTextLen+1)), 60_000))
	f.want("too long: none", "k", "[0 1 0 0]")
	f.apply(l, 0, tagged(1, string(make([]byte, maxTextLen)), 60_000))
	f.want("just not too long", "k", "[0 1 0 0] "+string(make([]byte, maxTextLen)))
	name := []byte("server0000")
	for i := range maxTexts {
		name[6], name[7], name[8], name[9] = byte(i>>12), byte(i>>8&15), byte(i>>4&15), byte(i&15)
		f.apply(l, 0, tagged(1, string(name), 60_000))
	}
	f.want("one too many: none", "k", "[0 1 0 0]")
	if s := f.table.Stats(); s.Texts != maxTexts || s.Refused != 2 {
		t.Errorf("%d texts and %d refused, want %d and 2", s.Texts, s.Refused, maxTexts)
	}
	f.apply(l, 0, tagged(1, "server\x00\x00\x00\x00", 60_000))
	f.want("those that are known are taken still", "k", "[0 1 0 0] server\x00\x00\x00\x00")
}

package publish

import (
	"math"
	"strings"
	"testing"

	"tallystick/internal/stick"
)

func TestPull(t *testing.T) {
	r := newRig(t, text(32, stick.Column{Type: stick.GPC0}))
	r.timed = false
	r.report("a", 1)
	r.expect(r.pull(), "", "the peer has not announced the table")
	if r.feed.Due() || r.feed.Announced() {
		t.Error("nothing is due to a peer without the table")
	}
	r.feed.Announce(text(32, stick.Column{Type: stick.GPC0}))
	r.expect(r.pull(), "1 a=[1]", "ids begin at 1")
	r.expect(r.pull(), "", "it has heard everything")
	r.report("a", 2)
	r.report("a", 3)
	r.expect(r.pull(), "2 a=[3]", "a key that changed twice is told once, with the newest value")
	r.report("a", 0)
	r.expect(r.pull(), "3 a=[0]", "values may fall")
	r.feed.Start()
	r.expect(r.pull(), "", "another session: its definition has not come yet")
	r.feed.Announce(text(32, stick.Column{Type: stick.GPC0}))
	r.expect(r.pull(), "1 a=[0]", "everything again, with ids from 1")
}

func TestLives(t *testing.T) {
	r := counts(t)
	r.report("a", 1)
	r.expect(r.pull(), "1 a=[1] for 600000ms", "a peer that speaks 2.1 is told how long the sum lives")
	short := text(32, stick.Column{Type: stick.GPC0})
	short.Expire = 30000
	r.feed.Announce(short)
	r.report("a", 2)
	r.expect(r.pull(), "2 a=[2] for 30000ms", "no longer than its own table keeps it")
	forever := text(32, stick.Column{Type: stick.GPC0})
	forever.Expire = 0
	r.feed.Announce(forever)
	r.report("a", 3)
	r.expect(r.pull(), "3 a=[3]", "a table without expire never gets a timed update: 0 would be the end of the entry")
}

func TestIDsWrap(t *testing.T) {
	r := counts(t)
	r.feed.last = math.MaxUint32 - 1
	r.feed.acked = math.MaxUint32 - 1
	r.report("a", 1)
	r.report("b", 2)
	got := r.pull()
	if !strings.Contains(got, "4294967295 ") || !strings.Contains(got, "1 ") || strings.Contains(got, " 0 ") {
		t.Errorf("%q, want ids 4294967295 and 1: 0 is none", got)
	}
	r.feed.Acked(math.MaxUint32)
	r.feed.Acked(1)
	if r.feed.StrayAcks != 0 {
		t.Error("acks follow the ids around")
	}
	r.feed.Acked(math.MaxUint32)
	if r.feed.StrayAcks != 1 {
		t.Error("an older one is out of order")
	}
}

// HAProxy from 3.3 on acks with garbled ids. They must not make us believe anything.
func TestStrayAcks(t *testing.T) {
	r := counts(t)
	r.feed.Acked(1)
	if r.feed.StrayAcks != 1 {
		t.Error("an ack before the first update is stray")
	}
	r.report("a", 1)
	r.pull()
	r.feed.Acked(0x01000000)
	r.feed.Acked(0x80000001)
	if r.feed.StrayAcks != 3 {
		t.Errorf("%d stray acks, want 3: ids that were never sent", r.feed.StrayAcks)
	}
	r.feed.Start()
	r.feed.Announce(text(32, stick.Column{Type: stick.GPC0}))
	r.feed.Resume()
	r.expect(r.pull(), "1 a=[1] for 600000ms", "so the update is not taken for heard")
}

func TestResume(t *testing.T) {
	again := func(r *rig, resume bool) string {
		r.feed.Start()
		r.feed.Announce(text(32, stick.Column{Type: stick.GPC0}))
		if resume {
			r.feed.Resume()
		}
		return r.pull()
	}
	r := counts(t)
	r.timed = false
	r.report("a", 1)
	r.pull()
	r.feed.Acked(1)
	r.report("b", 2)
	r.pull()
	r.expect(again(r, true), "1 b=[2]", "the same process: what it acked is not told again")
	r.feed.Acked(1)
	r.report("c", 3)
	r.expect(again(r, true), "1 c=[3]", "and so on")
	r.expect(again(r, true), "1 c=[3]", "whether it acks anything in between or not")
	r.feed.Acked(1)
	if got := again(r, false); strings.Count(got, "=") != 3 {
		t.Errorf("%q, want all three keys: another process has heard nothing", got)
	}
	r.expect(again(r, true)[:1], "1", "which goes on at the start as long as it has acked nothing itself")
	if got := again(r, true); strings.Count(got, "=") != 3 {
		t.Errorf("%q, want all three keys: what an earlier process acked is not what this one has", got)
	}
	r.feed.Acked(3)
	r.expect(again(r, true), "", "now it has")
}

// A peer behind that acks in the middle of a long way keeps what it acked.
func TestResumeInTheMiddle(t *testing.T) {
	r := counts(t)
	r.timed, r.limit = false, 10*r.feed.shape.bytes
	for i := range 100 {
		r.report(string(rune('A'+i)), 1)
	}
	r.pull()
	r.pull()
	r.feed.Acked(10) // the checkpoint is behind the first batch
	r.pull()         // and now behind the third
	r.feed.Acked(20) // which is not whole yet
	r.feed.Start()
	r.feed.Announce(text(32, stick.Column{Type: stick.GPC0}))
	r.feed.Resume()
	left := 0
	for got := r.pull(); got != ""; got = r.pull() {
		left += strings.Count(got, "=")
	}
	if left != 90 {
		t.Errorf("%d rows left, want 90: ten were acked", left)
	}
}

func TestLesson(t *testing.T) {
	r := counts(t)
	r.timed = false
	r.report("a", 1)
	r.pull()
	r.feed.Acked(1)
	r.feed.Teach()
	if r.feed.Taught() {
		t.Error("the whole table is due")
	}
	r.expect(r.pull(), "2 a=[1]", "what it has acked too")
	if !r.feed.Taught() {
		t.Error("that was all")
	}
	taught := r.table.Stats().Changes
	r.report("b", 2)
	r.expect(r.pull(), "3 b=[2]", "pushed while the confirm is on its way")
	r.feed.Confirmed()
	if p := r.feed.Place(); p.Synced != taught || p.Acked != taught || p.Pushed != taught+1 {
		t.Errorf("%+v, want synced and acked %d changes: the confirm speaks for the lesson alone", p, taught)
	}
	r.feed.Start()
	r.feed.Announce(text(32, stick.Column{Type: stick.GPC0}))
	r.feed.Resume()
	r.expect(r.pull(), "1 b=[2]", "so what came behind it is told again")
	r.feed.Acked(1)
	r.feed.Start()
	r.feed.Teach()
	if !r.feed.Taught() {
		t.Error("a table that the peer has not announced has nothing to be taught")
	}
}

func TestNothingToAck(t *testing.T) {
	r := counts(t)
	r.timed = false
	r.report("a", 1)
	r.report("b", 1)
	r.now += 601_000 // both have lived
	r.expect(r.pull(), "", "what has expired is not told")
	if p := r.feed.Place(); p.Pushed == 0 || p.Acked != p.Pushed {
		t.Errorf("%+v, want nothing unacked: no update was sent that could be acked", p)
	}
	r.report("c", 1)
	r.expect(r.pull(), "1 c=[1]", "but this is")
	if p := r.feed.Place(); p.Acked == p.Pushed {
		t.Errorf("%+v, want one change that is not acked yet", p)
	}
	r.report("long-"+strings.Repeat("x", 40), 1)
	r.pull()
	if p := r.feed.Place(); p.Acked == p.Pushed {
		t.Errorf("%+v, want it still not acked: what was passed over says nothing of what is on its way", p)
	}
	r.feed.Acked(1)
	if p := r.feed.Place(); p.Acked != p.Pushed {
		t.Errorf("%+v, want all of it acked", p)
	}
}

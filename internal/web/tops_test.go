package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tallystick/internal/history"
	"tallystick/internal/view"
)

// TestHistoryOfKeys: from the first question on the largest keys are looked for, and go on being told when
// they are not among the largest any more.
func TestHistoryOfKeys(t *testing.T) {
	r := newRig(t)
	r.fake.sections[0].Tables[2].Rows = smallTable + 1 // nobody looks without being asked
	last := sampled{}
	ask := func() string {
		return r.ask("GET", root+"history/keys?section=data&table=rates.agg&by=http_req_cnt&n=2").Body.String()
	}
	if got := ask(); !strings.Contains(got, `"by":"http_req_cnt","keys":[]}`) {
		t.Errorf("at first nothing is known: %s", got)
	}
	r.look(r.fake.Now(), &last)
	nulls := strings.Repeat("null,", history.KeySlots-1)
	if got := ask(); !strings.Contains(got, `"keys":[{"key":{"text":"192.0.2.2","hex":null},"values":[`+nulls+`100]},{"key":{"text":"192.0.2.1","hex":null},"values":[`+nulls+`7]}]`) {
		t.Errorf("then the present: %s", got)
	}
	r.fake.pass(history.KeyStep)
	r.fake.change(func() { r.fake.rows["data rates.agg"][1].Sum.Values[0] = 1 }) // the largest falls behind
	r.look(r.fake.Now(), &last)
	nulls = strings.Repeat("null,", history.KeySlots-2)
	if got := ask(); !strings.Contains(got, `{"key":{"text":"192.0.2.1","hex":null},"values":[`+nulls+`7,7]}`) {
		t.Errorf("the largest now: %s", got)
	}
	if got := r.ask("GET", root+"history/keys?section=data&table=rates.agg&by=http_req_cnt&n=3").Body.String(); !strings.Contains(got, `{"key":{"text":"192.0.2.2","hex":null},"values":[`+nulls+`100,1]}`) {
		t.Errorf("and how the other one fell: %s", got)
	}
	r.fake.pass(keepFor)
	r.fake.nexts = 0
	r.look(r.fake.Now(), &last)
	if r.fake.nexts > 2 { // the two small tables
		t.Errorf("nobody asks any more, and %d slices were read", r.fake.nexts)
	}
}

// TestSmallTablesAreLookedAt: whoever opens the page is shown what was before.
func TestSmallTablesAreLookedAt(t *testing.T) {
	r := newRig(t)
	last := sampled{}
	r.look(r.fake.Now(), &last)
	if got := r.ask("GET", root+"history/keys?section=data&table=rates.agg&n=1").Body.String(); !strings.Contains(got, `"by":"http_req_rate","keys":[{"key":{"text":"192.0.2.3","hex":null}`) {
		t.Errorf("by the first rate: %s", got)
	}
}

// TestSmallTablesAreSmall: all that is read though nobody asks is bounded.
func TestSmallTablesAreSmall(t *testing.T) {
	r := newRig(t)
	table := r.fake.sections[0].Tables[2]
	table.Rows = smallTable
	var tables []view.Table
	for i := range 100 {
		table.Target = fmt.Sprint("t", i)
		tables = append(tables, table)
	}
	r.fake.sections[0].Tables = tables
	r.tops.small(r.snaps.take())
	if n := len(r.tops.list); n != smallSum/smallTable {
		t.Errorf("%d tables of %d rows are read, want %d", n, smallTable, smallSum/smallTable)
	}
	for i := range tables {
		tables[i].Rows = 1
	}
	r.snaps.forget()
	r.tops.small(r.snaps.take())
	if n := len(r.tops.list); n > smallTops {
		t.Errorf("%d tables are read, want %d at most", n, smallTops)
	}
}

// TestWatchesAreBounded: who wants one column too many is refused, and counted.
func TestWatchesAreBounded(t *testing.T) {
	r := newRig(t)
	for i := range maxTops {
		if _, err := r.tops.want(noon, history.Watch{Table: fmt.Sprint(i)}, 1, false); err != nil {
			t.Fatal(err)
		}
	}
	w := r.ask("GET", root+"history/keys?section=data&table=rates.agg")
	if w.Code != 503 || r.counter(t, "HttpWatchesRefused") != 1 {
		t.Errorf("%d %s, counted %d", w.Code, w.Body, r.counter(t, "HttpWatchesRefused"))
	}
	if _, err := r.tops.want(noon, history.Watch{Table: "3"}, 1, false); err != nil {
		t.Errorf("what is looked at already may be asked for: %v", err)
	}
	r.tops.due(noon.Add(keepFor))
	if len(r.tops.list) != 0 {
		t.Errorf("after a while nobody looks: %d", len(r.tops.list))
	}
}

// TestALargeTableTakesItsTime: in each tick only so much of a processor is used, so no table, however large,
// costs more than a twentieth of one.
func TestALargeTableTakesItsTime(t *testing.T) {
	r := newRig(t)
	one := r.fake.rows["data rates.agg"][1]
	const slices = 100
	rows := make([]view.Entry, slices*slice)
	for i := range rows {
		rows[i] = one // the fake copies what it lends
	}
	r.fake.rows["data rates.agg"], r.fake.slow = rows, time.Millisecond
	o, err := r.tops.want(noon, history.Watch{Section: "data", Table: "rates.agg", By: "http_req_cnt"}, 5, true)
	if err != nil {
		t.Fatal(err)
	}
	ticks := 0
	for done := false; !done; ticks++ {
		done = len(r.tops.work(r.fake.Now())) > 0
	}
	// A slow machine needs more ticks, none needs fewer.
	if least := int(slices * time.Millisecond / (tick / 20)); ticks < least {
		t.Errorf("%d slices of a millisecond took %d ticks, want %d at least", slices, ticks, least)
	}
	if len(o.entries) == 0 {
		t.Error("nothing was found")
	}
}

// TestAColumnThatGoes: what is looked at may not be there any more.
func TestAColumnThatGoes(t *testing.T) {
	r := newRig(t)
	o, _ := r.tops.want(noon, history.Watch{Section: "data", Table: "rates.agg", By: "gpc9"}, 5, true)
	if done := r.tops.work(noon); len(done) != 1 || o.entries != nil {
		t.Errorf("it has no entries: %v", done)
	}
	r.hub.tell(noon, []*top{o}) // and there is nothing to tell
}

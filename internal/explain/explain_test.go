package explain

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// rates is the source of the examples, and its sum.
var rates = &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Expire: 600_000, Columns: []stick.Column{
	{Type: stick.GPT0, Len: 1}, {Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 60_000}}}

// share is what a node has reported of rates some time ago.
func share(peer string, tag, count, curr uint64, ago time.Duration) view.Share {
	return view.Share{Label: peer, Peer: peer, Source: "rates", Own: rates, Values: []uint64{tag, count, 1000, curr, 0},
		Life: rates.Expire - uint32(ago.Milliseconds())}
}

// example is a section of four nodes, one of which is gone, and an entry of it.
func example() (*view.Section, *view.Entry, []view.Reach) {
	lanes := []view.Lane{{Name: "rates", Target: "rates.agg", Schema: rates}}
	twin := *rates
	twin.Columns = rates.Columns[1:]
	s := &view.Section{ID: "data", Warm: true, Tables: []view.Table{{Target: "rates.agg", Sources: []string{"rates"}, Schema: rates, Receivers: []view.Receiver{
		{Peer: "lb1", Schema: &twin}, {Peer: "lb2", Schema: rates}, {Peer: "lb3", Schema: rates}}}}}
	for _, name := range []string{"lb1", "lb2", "lb3", "lb4"} {
		s.Peers = append(s.Peers, view.Peer{Name: name, Role: "node", Established: name != "lb3", Lanes: lanes})
	}
	late := share("lb3", 9, 5, 7, 0)
	late.Expired, late.Life = true, 64
	e := &view.Entry{Schema: rates, Key: []byte{192, 0, 2, 1}, Sum: view.Share{Values: []uint64{4, 30, 1000, 3, 0}, Life: 590_000},
		Deciders: []string{"lb2", "", ""},
		Shares:   []view.Share{share("lb1", 2, 10, 1, 10*time.Second), share("lb2", 4, 20, 2, 4*time.Second), late}}
	return s, e, []view.Reach{{Peer: "lb1", Known: true, Pushed: true, Acked: true}, {Peer: "lb2", Known: true}, {Peer: "lb3", Known: true, Pushed: true}}
}

func column(t *testing.T, x *Explanation, name string) *Column {
	t.Helper()
	for i := range x.Columns {
		if x.Columns[i].Name == name {
			return &x.Columns[i]
		}
	}
	t.Fatalf("no column %s", name)
	return nil
}

func TestFormulas(t *testing.T) {
	for _, c := range []struct {
		why, column, want string
		change            func(*view.Entry)
	}{
		{"shares that do not count stand there as 0", "http_req_cnt", "30 = 10 + 20 + 0", nil},
		{"readings add up", "http_req_rate", "3 = 1 + 2 + 0", nil},
		{"but for what rounding takes", "http_req_rate", "4 ~ 1 + 2 + 0", func(e *view.Entry) { e.Sum.Values[3] = 4 }},
		{"a tag is somebody's", "gpt0", "4 of lb2", nil},
		{"or nobody's", "gpt0", "0: nobody has set it", func(e *view.Entry) { e.Deciders, e.Sum.Values[0] = []string{"", "", ""}, 0 }},
		{"a counter ends where HAProxy's does", "http_req_cnt", "4294967295, at which HAProxy's counters end, of 4294967295 + 20 + 0",
			func(e *view.Entry) { e.Sum.Values[1], e.Shares[0].Values[1] = math.MaxUint32, math.MaxUint32 }},
		{"nobody has a share", "http_req_cnt", "0 = 0", func(e *view.Entry) { e.Shares, e.Sum.Values[1] = nil, 0 }},
	} {
		s, e, reach := example()
		if c.change != nil {
			c.change(e)
		}
		if got := column(t, Build(s, &s.Tables[0], e, reach), c.column).Formula; got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

func TestParts(t *testing.T) {
	s, e, reach := example()
	other := *rates
	other.Columns = rates.Columns[:2]
	e.Shares[0].Own = &other // it has no rate
	e.Shares[1].Aside = map[stick.DataType]string{stick.HTTPReqRate: "its period differs"}
	x := Build(s, &s.Tables[0], e, reach)
	rate := column(t, x, "http_req_rate")
	for i, want := range []string{"has no such column", "its period differs", "expired"} {
		if p := rate.Parts[i]; p.Why != want || p.Counts {
			t.Errorf("part %d does not count, and why: got %+v, want %q", i, p, want)
		}
	}
	if p := rate.Parts[2]; p.Value == nil || p.Rate == nil || p.Rate.Curr != 7 || p.Rate.Age != time.Second {
		t.Errorf("what has expired is told all the same, with its window: %+v", p)
	}
	if p := rate.Parts[0]; p.Value != nil {
		t.Errorf("what is not there has no value: %+v", p)
	}
}

// TestStandby: of a group one counts, and it is said which.
func TestStandby(t *testing.T) {
	for _, c := range []struct {
		why, group, want string
		leads            []view.Lead
	}{
		{"who leads", "g", "stands by: lb1 leads group g", []view.Lead{{Group: "g", Peer: "lb1"}}},
		{"nobody yet", "g", "stands by: nobody leads group g", []view.Lead{{Group: "g"}}},
		{"peers above us have no name for it", "", "stands by: top1 leads", []view.Lead{{Group: "g", Peer: "lb1"}, {Peer: "top1"}}},
		{"it is not known", "h", "stands by: another leads group h", nil},
	} {
		s, e, reach := example()
		s.Tables[0].Leads = c.leads
		e.Shares[1].Group, e.Shares[1].Standby = c.group, true
		if got := column(t, Build(s, &s.Tables[0], e, reach), "http_req_cnt").Parts[1].Why; got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}

// TestReported: the life that is left tells how old a report is, if anything does.
func TestReported(t *testing.T) {
	s, e, reach := example()
	forever := *rates
	forever.Expire = 0
	for _, c := range []struct {
		why    string
		change func(*view.Share)
		want   string
	}{
		{"a life of 10m of which 10s are over", func(*view.Share) {}, "10s"},
		{"a table without expire says nothing", func(v *view.Share) { v.Own, v.Life = &forever, stick.Forever }, "unknown"},
		{"what has expired says nothing but that", func(v *view.Share) { v.Expired = true }, "unknown"},
		{"a life longer than the table's says nothing", func(v *view.Share) { v.Life = rates.Expire + 1 }, "unknown"},
	} {
		v := e.Shares[0]
		c.change(&v)
		got := "unknown"
		if r := shareOf(s, &s.Tables[0], &v).Reported; r != nil {
			got = r.String()
		}
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
	if x := Build(s, &s.Tables[0], e, reach); len(x.Silent) != 1 || x.Silent[0] != "lb4" {
		t.Errorf("who feeds the table and has not reported the key: %v", x.Silent)
	}
}

func TestReceivers(t *testing.T) {
	for _, c := range []struct {
		why, peer, want string
		change          func(*view.Section, *view.Entry, []view.Reach)
	}{
		{"a node that has it all reads its own columns", "lb1", "acked: http_req_cnt=30 http_req_rate=3", nil},
		{"one that was not told yet should read the same", "lb2", "not sent: gpt0=4 http_req_cnt=30 http_req_rate=3; the newest change is not sent yet", nil},
		{"one without a session", "lb3", "not sent; it has no session: it is told when it comes again", nil},
		{"one without the table", "lb4", "not sent; it has not announced rates.agg, so it cannot be told", nil},
		{"acks lag behind", "lb1", "sent: http_req_cnt=30 http_req_rate=3", func(_ *view.Section, _ *view.Entry, r []view.Reach) { r[0].Acked = false }},
		{"a peer that is far behind", "lb1", "not sent: http_req_cnt=30 http_req_rate=3; it is catching up: whether it has this key already is not known",
			func(_ *view.Section, _ *view.Entry, r []view.Reach) { r[0] = view.Reach{Peer: "lb1"} }},
		{"warming up", "lb1", "not sent; we warm up: it is told when every member has been heard, or when the time is over",
			func(s *view.Section, _ *view.Entry, _ []view.Reach) { s.Warm = false }},
		{"observing", "lb1", "not sent; mode observe: nothing is pushed", func(s *view.Section, _ *view.Entry, _ []view.Reach) { s.Observe = true }},
		{"only upwards", "lb1", "not sent; no-feedback: sums are only sent up", func(s *view.Section, _ *view.Entry, _ []view.Reach) { s.NoFeedback = true }},
		{"nothing counts", "lb1", "not sent; nothing counts, so there is nothing to tell", func(_ *view.Section, e *view.Entry, _ []view.Reach) { e.Shares = e.Shares[2:] }},
		{"refused", "lb1", "not sent; its key type differs", func(s *view.Section, _ *view.Entry, _ []view.Reach) {
			s.Tables[0].Receivers[0].NotTo = "its key type differs"
		}},
		{"disabled", "lb1", "not sent; disabled by an operator", func(s *view.Section, _ *view.Entry, _ []view.Reach) { s.Peers[0].Disabled = true }},
		{"a column that no source has", "lb2", "not sent: gpt0=4 http_req_cnt=30 http_req_rate=3 gpc0: no source has it; the newest change is not sent yet",
			func(s *view.Section, _ *view.Entry, _ []view.Reach) {
				own := *rates
				own.Columns = append(own.Columns[:3:3], stick.Column{Type: stick.GPC0, Len: 1})
				s.Tables[0].Receivers[1].Schema = &own
			}},
		{"another period", "lb2", "not sent: http_req_rate: its period is 10s, the sources' 1m; the newest change is not sent yet",
			func(s *view.Section, _ *view.Entry, _ []view.Reach) {
				own := *rates
				own.Columns = []stick.Column{{Type: stick.HTTPReqRate, Len: 1, Period: 10_000}}
				s.Tables[0].Receivers[1].Schema = &own
			}},
	} {
		s, e, reach := example()
		if c.change != nil {
			c.change(s, e, reach)
		}
		got := "no such receiver"
		for _, r := range Build(s, &s.Tables[0], e, reach).Receivers {
			if r.Peer == c.peer {
				got = inWords(&r)
			}
		}
		if got != c.want {
			t.Errorf("%s:\ngot  %q\nwant %q", c.why, got, c.want)
		}
	}
}

// inWords is a receiver in one line.
func inWords(r *Receiver) string {
	b := "not sent"
	switch {
	case r.Acked:
		b = "acked"
	case r.Pushed:
		b = "sent"
	}
	var cells []string
	for _, v := range r.Should {
		text := v.Name + ": " + v.Why
		if v.Value != nil {
			text = v.Name + "=" + v.Value.String()
		}
		cells = append(cells, text)
	}
	if cells != nil {
		b += ": " + strings.Join(cells, " ")
	}
	if r.Why != "" {
		b += "; " + r.Why
	}
	return b
}

func TestValueAsJSON(t *testing.T) {
	for _, c := range []struct {
		value Value
		want  string
	}{
		{Value{}, "0"},
		{Value{IsText: true, Text: `a"b`}, `"a\"b"`},
		{Value{IsText: true}, `""`},
	} {
		if got, err := json.Marshal(c.value); err != nil || string(got) != c.want {
			t.Errorf("got %s %v, want %s", got, err, c.want)
		}
	}
}

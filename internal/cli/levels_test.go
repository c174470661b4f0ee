package cli

import (
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// evilName is what a stranger may call itself, and an operator a group.
const evilName = "x\n`- y: up 1s,\x1b[2J 'z'"

var (
	ofRates = &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Expire: 600000, Columns: []stick.Column{
		{Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 60000}}}
	ofUsers = &stick.Schema{KeyType: stick.String, KeyLen: 33, Columns: []stick.Column{{Type: stick.GPC, Len: 2}}}
)

// levels is an aggregator in the middle of all that there can be, and one below two that are
// no group in name.
func levels(f *fake) {
	f.sections = []view.Section{middle(f), pair(f)}
}

// alive makes a peer whose session is as good as it gets.
func alive(name, role, group string, lanes ...view.Lane) view.Peer {
	return view.Peer{Name: name, Role: role, Group: group, Remote: "192.0.2.9:10000", Established: true, Minor: 1, LessonAsked: true, LessonDone: true,
		LastStatus: 200, Handshake: ago(137 * time.Second), Changed: ago(137 * time.Second), Lanes: lanes}
}

func counting(name, target string, s *stick.Schema) view.Lane {
	return view.Lane{Name: name, Target: target, Schema: s, Shares: 7}
}

func idle(name, target string, s *stick.Schema) view.Lane {
	return view.Lane{Name: name, Target: target, Schema: s, Shares: 6, Standby: true}
}

func middle(f *fake) view.Section {
	top1 := alive("top1", "up", "tops", counting("rates.agg", "rates.agg", ofRates))
	top1.TLS, top1.CertNames, top1.Allow = "TLS 1.3", []string{"top1.example.com", "a,b\n"}, []string{"192.0.2.0/24", "2001:db8::/32"}
	top2 := alive("top2", "up", "tops", idle("rates.agg", "rates.agg", ofRates))
	top2.TLS, top2.LessonDone = "TLS 1.2", false
	top3 := view.Peer{Name: "top3", Role: "up", Addr: "top3.example.com:10000", Reconnect: noon.Add(3 * time.Second), LastStatus: 503, Handshake: ago(time.Hour), Changed: ago(time.Minute)}
	agg1 := alive("agg1", "down", "dc1", counting("rates.low", "rates.mid", ofRates), idle("users.low", "users.mid", ofUsers), idle("zone.low", "zone.mid", ofRates))
	agg2 := alive("agg2", "down", "dc1", idle("rates.low", "rates.mid", ofRates), counting("users.low", "users.mid", ofUsers), idle("zone.low", "zone.mid", ofRates))
	agg3 := alive("agg3", "down", "", counting("rates.low", "rates.mid", ofRates))
	agg3.Established, agg3.Drops, agg3.Calling, agg3.Addr = false, 4, true, "192.0.2.3:10000"
	lb1 := alive("lb1", "node", "web", counting("rates", "rates.mid", ofRates))
	lb2 := alive("lb2", "node", "web", idle("rates", "rates.mid", ofRates), idle("rates.v2", "rates.mid", ofRates))
	lb2.LessonAsked, lb2.LessonDone = false, false
	lb3 := view.Peer{Name: "lb3", Role: "node", Disabled: true}
	evil := alive(evilName, "node", "", counting("rates\n", "rates.mid", ofRates))
	evil.Dynamic, evil.Bind = true, "0.0.0.0:20000"
	row := func(n uint64) []uint64 { return []uint64{n, 0, n, 0} }
	f.rows["mid rates.mid"] = []view.Entry{{Schema: ofRates, Key: addr("192.0.2.1"), Sum: view.Share{Values: row(300), Life: 600000}, Shares: []view.Share{
		{Label: "agg1", Group: "dc1", Values: row(100), Life: 600000},
		{Label: "agg2", Group: "dc1", Values: row(50), Life: 500000, Standby: true},
		{Label: "lb1", Group: "web", Values: row(200), Life: 600000},
		{Label: "lb2", Group: "web", Values: row(200), Standby: true, Expired: true},
	}}}
	f.reach["mid rates.mid"] = []view.Reach{{Peer: "top1", Known: true, Pushed: true, Acked: true}, {Peer: "top2", Known: true, Pushed: true}, {Peer: "agg1"}, {Peer: "lb1", Known: true}}
	narrow := &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}, {Type: stick.ConnCur, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 10_000}}}
	f.rows["mid zone.mid"] = []view.Entry{{Schema: ofRates, Key: addr("192.0.2.2"), Sum: view.Share{Values: row(0)}, Shares: []view.Share{
		{Label: "agg1", Group: "dc1", Values: row(1), Life: stick.Forever, Standby: true},
		{Label: "x", Group: evilName, Values: row(1), Life: 1, Standby: true},
	}}}
	f.rows["mid rates.agg"] = []view.Entry{{Schema: ofRates, Key: addr("192.0.2.1"), Sum: view.Share{Values: row(900), Life: 600000}, Shares: []view.Share{
		{Label: "top1", Group: "tops", Values: row(900), Life: 600000}, {Label: "top2", Group: "tops", Values: row(890), Life: 600000, Standby: true},
	}}}
	return view.Section{ID: "mid", Name: "agg0", Addr: "192.0.2.100:10000", Binds: []string{"0.0.0.0:20000", "[::]:20000"},
		Rules: "from any to .mid; forward .agg", Warm: true, MaxPeers: 3000, Shard: "1/3", Misplaced: 12,
		Peers: []view.Peer{top1, top2, top3, agg1, agg2, agg3, lb1, lb2, lb3, evil},
		Tables: []view.Table{
			{Sources: []string{"rates.agg"}, Target: "rates.agg", Forwarded: true, Schema: ofRates, Rows: 1, Update: 20, Used: 20,
				Receivers: []view.Receiver{{Peer: "agg1", Pushed: 20, Acked: 20, Synced: 1, NotTo: ""}, {Peer: "lb1", Pushed: 12, Acked: 11, Synced: 1, NotTo: ""}}, Leads: []view.Lead{{Group: "tops", Peer: "top1"}}},
			{Sources: []string{"rates.low", "rates", "rates\n"}, Target: "rates.mid", Schema: ofRates, Rows: 1, Update: 5, Used: 5, Receivers: []view.Receiver{
				{Peer: "top1", Pushed: 5, Acked: 5, Synced: 1, NotTo: "", Schema: ofRates}, {Peer: "top2", Pushed: 5, Acked: 2, Synced: 1, NotTo: "", Schema: ofRates}, {Peer: "agg1", Pushed: 4, Acked: 4, Synced: 4, NotTo: "", Schema: ofRates}, {Peer: "agg3", Pushed: 2, Acked: 2, Synced: 1, NotTo: ""}, {Peer: "top3", Pushed: 0, Acked: 0, Synced: 0, NotTo: ""},
				{Peer: "lb1", Pushed: 1<<32 - 5, Acked: 1<<32 - 5, Synced: 1, NotTo: "", Schema: narrow}, {Peer: "lb2", Pushed: 0, Acked: 0, Synced: 0, NotTo: "it has no\nsuch table"}, {Peer: evilName, Pushed: 5, Acked: 5, Synced: 1, NotTo: ""}, {Peer: "gone", Pushed: 1, Acked: 1, Synced: 1, NotTo: ""}},
				Leads: []view.Lead{
					{Group: "dc1", Peer: "agg1", Disagreements: []view.Disagreement{
						{Member: "agg2", Key: addr("192.0.2.1"), Column: stick.HTTPReqCnt, Has: 50, LeaderHas: 100, Since: ago(12 * time.Second), Times: 3}}},
					{Group: "web", Peer: "lb1"}}},
			{Sources: []string{"users.low"}, Target: "users.mid", Schema: ofUsers, Update: 0, Leads: []view.Lead{
				{Group: "dc1", Peer: "agg2", Disagreements: []view.Disagreement{
					{Member: "agg1", Key: []byte("a\n'b"), Column: stick.GPC, Element: 1, Has: 9, LeaderHas: 1<<32 - 1, Since: ago(time.Hour), Times: 1},
					{Member: evilName, Column: stick.GPC, Has: 1, LeaderHas: 2, Since: ago(time.Hour)}}}}},
			{Sources: []string{"zone.low"}, Target: "zone.mid", Schema: ofRates, Leads: []view.Lead{{Group: "dc1"}}},
		}}
}

// pair is below two aggregators that send it the same table, and a third that sends another.
func pair(f *fake) view.Section {
	f.rows["pair rates.agg"] = []view.Entry{{Schema: ofRates, Key: addr("192.0.2.1"), Sum: view.Share{Values: []uint64{5, 0, 5, 0}, Life: 9}, Shares: []view.Share{
		{Label: evilName, Values: []uint64{5, 0, 5, 0}, Life: 9}, {Label: "top2", Values: []uint64{4, 0, 4, 0}, Life: 8, Standby: true},
	}}}
	return view.Section{ID: "pair", Name: "low", Rules: "from .none to .low no-ascend; forward .agg,.sum", Warm: true,
		Peers: []view.Peer{
			alive(evilName, "up", "", counting("rates.agg", "rates.agg", ofRates)),
			alive("top2", "up", "", idle("rates.agg", "rates.agg", ofRates)),
			alive("top3", "up", "", counting("users.sum", "users.sum", ofUsers)),
			alive("lb1", "node", "", view.Lane{Name: "users.sum", Target: "users.sum", Schema: ofUsers, SetAside: "it comes from below"}),
		},
		Tables: []view.Table{
			{Sources: []string{"rates.agg"}, Target: "rates.agg", Forwarded: true, Schema: ofRates, Rows: 1, Leads: []view.Lead{{Peer: evilName, Disagreements: []view.Disagreement{
				{Member: "top2", Key: []byte("key\n"), Schema: ofUsers, Column: stick.HTTPReqRate, Has: 4, LeaderHas: 5, Since: ago(11 * time.Second)}}}}},
			{Sources: []string{"users.sum"}, Target: "users.sum", Forwarded: true, Schema: ofUsers, Leads: []view.Lead{{Peer: "top3"}}},
			{Target: "web.agg", Forwarded: true, Schema: ofUsers},
		}}
}

package lint

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// rates is the source of the examples, and the table that they publish.
func rates() *stick.Schema {
	return &stick.Schema{KeyType: stick.String, KeyLen: 33, Expire: 600_000, Columns: []stick.Column{
		{Type: stick.ConnCur, Len: 1}, {Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 10_000}, {Type: stick.GPC, Len: 2}}}
}

// with is rates, changed.
func with(f func(*stick.Schema)) *stick.Schema {
	s := rates()
	f(s)
	return s
}

// good is a program with a section in which all is well: three nodes that have the table /rates and its twin.
func good() (*view.Process, *view.Section) {
	s := &view.Section{ID: "data", Name: "agg", Addr: "192.0.2.100:10000", Rules: "from any to .agg", To: ".agg", Warm: true,
		Limits: view.Limits{MaxEntries: 1000, MaxTables: 256},
		Tables: []view.Table{{Sources: []string{"/rates"}, Target: "/rates.agg", Schema: rates(), Rows: 70_000}}}
	for i := range 3 {
		p := view.Peer{Name: fmt.Sprintf("lb%d", i+1), Role: "node", Addr: fmt.Sprintf("192.0.2.%d:10000", i+1), Remote: fmt.Sprintf("192.0.2.%d:40000", i+1),
			Established: true, LessonDone: true, Handshake: noon.Add(-time.Hour), Changed: noon.Add(-time.Hour), LastStatus: 200,
			Lanes: []view.Lane{{Name: "/rates", Target: "/rates.agg", Schema: rates()}},
			Announced: []view.Announced{{Name: "/rates", Use: view.Source, Schema: rates()},
				{Name: "/rates.agg", Use: view.Sum, Schema: rates(), GaugesKept: 3}}}
		s.Peers = append(s.Peers, p)
		s.Tables[0].Receivers = append(s.Tables[0].Receivers, view.Receiver{Peer: p.Name, Schema: rates()})
	}
	return &view.Process{Started: noon.Add(-2 * time.Hour)}, s
}

const (
	line = "table rates.agg type string len 32 size 200k expire 10m store conn_cur,http_req_cnt,http_req_rate(10s),gpc(2)"
	from = "table rates type string len 32 size 200k expire 10m store conn_cur,http_req_cnt,http_req_rate(10s),gpc(2)"
)

// cases break one thing each.
var cases = []struct {
	why, want string // finding as print has it; "" for none
	change    func(p *view.Process, s *view.Section, now time.Time)
}{
	{"all is well", "", nil},
	{"a node without the table", "error twin-missing data/lb2 /rates.agg: lb2 has no table /rates.agg, so it cannot read the sum > " + line,
		change(func(s *view.Section) { s.Peers[1].Announced = s.Peers[1].Announced[:1] })},
	{"a proxy's table is a backend of its own", "error twin-missing data/lb2 rates.agg: lb2 has no table rates.agg, so it cannot read the sum > " +
		"backend rates.agg\n    stick-table type ip size 100k peers PEERS store gpc0",
		change(func(s *view.Section) {
			plain := &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}}}
			s.Tables[0] = view.Table{Target: "rates.agg", Sources: []string{"/rates"}, Schema: plain}
			for i := range s.Peers {
				s.Peers[i].Lanes = nil
				s.Peers[i].Announced[1] = view.Announced{Name: "rates.agg", Use: view.Sum, Schema: plain}
			}
			s.Peers[1].Announced = s.Peers[1].Announced[:1]
		})},
	{"sums that only go up need not be on the nodes", "", change(func(s *view.Section) {
		s.Peers[1].Announced = s.Peers[1].Announced[:1]
		s.NoFeedback = true
	})},
	{"nor those that somebody above makes more of", "", change(func(s *view.Section) {
		s.Peers[1].Announced = s.Peers[1].Announced[:1]
		s.Peers = append(s.Peers, view.Peer{Name: "top", Role: "up", Established: true, LessonDone: true})
	})},
	{"a node that has not told all yet is not judged", "", change(func(s *view.Section) {
		s.Peers[1].Announced, s.Peers[1].LessonDone = nil, false
	})},
	{"nor one that came a moment ago", "", timed(func(s *view.Section, now time.Time) {
		s.Peers[1].Announced, s.Peers[1].Handshake = s.Peers[1].Announced[:1], now.Add(-time.Second)
	})},
	{"no-ascend leaves the sums to the nodes", "error twin-missing data/lb2 /rates.agg: lb2 has no table /rates.agg, so it cannot read the sum > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced, s.NoAscend = s.Peers[1].Announced[:1], true
			s.Peers = append(s.Peers, view.Peer{Name: "top", Role: "up", Established: true, LessonDone: true})
		})},
	{"what comes from above is for the nodes, whatever becomes of sums", "error twin-missing data/lb2 /rates.agg: lb2 has no table /rates.agg, so it cannot read the sum > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced, s.NoFeedback, s.Tables[0].Forwarded = s.Peers[1].Announced[:1], true, true
		})},
	{"nor anybody while we warm up", "", change(func(s *view.Section) { s.Peers[1].Announced, s.Warm = s.Peers[1].Announced[:1], false })},
	{"nor one that is disabled", "", change(func(s *view.Section) { s.Peers[1].Announced, s.Peers[1].Disabled = nil, true })},
	{"the table is in a proxy", "error twin-place data/lb2 /rates.agg: on lb2 rates.agg is in a proxy of its own, but its source is in the peers section, and names differ by that: nothing of the sum reaches it > " + line,
		change(func(s *view.Section) { s.Peers[1].Announced[1].Name = "rates.agg" })},
	{"another table of that name is not it", "error twin-missing data/lb2 /rates.agg: lb2 has no table /rates.agg, so it cannot read the sum > " + line,
		change(func(s *view.Section) {
			s.Tables = append(s.Tables, view.Table{Target: "rates.agg", Sources: []string{"rates"}, Schema: rates()})
			for i := range s.Peers {
				s.Peers[i].Announced = append(s.Peers[i].Announced, view.Announced{Name: "rates.agg", Use: view.Sum, Schema: rates()}, view.Announced{Name: "rates", Use: view.Source, Schema: rates()})
			}
			s.Peers[1].Announced = append(s.Peers[1].Announced[:1], s.Peers[1].Announced[2:]...)
		})},
	{"another type of key", "error twin-type data/lb2 /rates.agg: on lb2 /rates.agg has keys of another type than its sources, so nothing of the sum reaches it: it has 'type ip', they have 'type string len 32' > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.KeyType, x.KeyLen = stick.IPv4, 4 })
		})},
	{"shorter keys", "warning twin-length data/lb2 /rates.agg: on lb2 /rates.agg has len 16, its sources have up to 32: longer keys are not sent to it > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.KeyLen = 17 })
		})},
	{"and keys that were", "error twin-length data/lb2 /rates.agg: on lb2 /rates.agg has len 16, its sources have up to 32: longer keys are not sent to it, the last was a\\x20long\\x20key > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.KeyLen = 17 })
			s.Tables[0].Receivers[1].TooLong, s.Tables[0].Receivers[1].LongKey = 3, []byte("a long key")
		})},
	{"longer keys do no harm", "", change(func(s *view.Section) {
		s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.KeyLen = 65 })
	})},
	{"fewer columns may be meant so", "notice twin-columns data/lb2 /rates.agg: on lb2 /rates.agg does not store http_req_rate(10s), gpc(2), which its sources have > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.Columns = x.Columns[:2] })
		})},
	{"fewer elements are fewer columns", "notice twin-columns data/lb2 /rates.agg: on lb2 /rates.agg does not store gpc(2), which its sources have > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.Columns[3].Len = 1 })
		})},
	{"columns that nobody sends", "warning twin-columns data/lb2 /rates.agg: on lb2 /rates.agg stores glitch_cnt, which no source has, so it stays 0 > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.Columns = append(x.Columns, stick.Column{Type: stick.GlitchCnt, Len: 1}) })
		})},
	{"another period", "error twin-period data/lb2 /rates.agg: on lb2 /rates.agg has rates of another period than its sources, which it is not told: http_req_rate(1m) for http_req_rate(10s) > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.Columns[2].Period = 60_000 })
		})},
	{"a shorter life", "warning twin-expire data/lb2 /rates.agg: on lb2 /rates.agg forgets entries after 1m, its sources keep them for 10m: sums vanish there while nodes still count > " + line,
		change(func(s *view.Section) {
			s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.Expire = 60_000 })
		})},
	{"any life is shorter than an endless one", "warning twin-expire data/lb2 /rates.agg: on lb2 /rates.agg forgets entries after 10m, its sources keep them for ever: sums vanish there while nodes still count > table rates.agg type string len 32 size 200k store conn_cur,http_req_cnt,http_req_rate(10s),gpc(2)",
		change(func(s *view.Section) {
			forever := with(func(x *stick.Schema) { x.Expire = 0 })
			s.Tables[0].Schema = forever
			for i := range s.Peers {
				s.Peers[i].Lanes[0].Schema = forever
				if i != 1 {
					s.Peers[i].Announced[1].Schema = forever
				}
			}
		})},
	{"an endless one does no harm", "", change(func(s *view.Section) {
		s.Peers[1].Announced[1].Schema = with(func(x *stick.Schema) { x.Expire = 0 })
	})},
	{"a node that counts in the sum", "error twin-tracked data/lb2 /rates.agg: lb2 counts in /rates.agg itself, so what it shows is not the sum, and is set right only with the next change: its rules must track /rates, and only read the sum > http-request track-sc0 KEY table PEERS/rates",
		timed(func(s *view.Section, now time.Time) {
			s.Peers[1].Announced[1].Tracked, s.Peers[1].Announced[1].TrackedAt = 5, now.Add(-time.Minute)
		})},
	{"that was long ago", "", change(func(s *view.Section) {
		s.Peers[1].Announced[1].Tracked, s.Peers[1].Announced[1].TrackedAt = 5, noon.Add(-time.Hour)
	})},
	{"conn_cur that is not kept", "warning recv-only data/lb2 /rates.agg: lb2 does not keep the conn_cur of /rates.agg that it is told: HAProxy 3.2 and later keep it in a table with recv-only, 2.5 to 3.1 never do > " +
		"table rates.agg type string len 32 size 200k expire 10m recv-only store conn_cur,http_req_cnt,http_req_rate(10s),gpc(2)",
		change(func(s *view.Section) { s.Peers[1].Announced[1].GaugesLost, s.Peers[1].Announced[1].GaugesKept = 4, 0 })},
	{"that is kept in one row is kept", "", change(func(s *view.Section) { s.Peers[1].Announced[1].GaugesLost = 4 })},
	{"a source of another type", "error sources-disagree data/lb2 /rates: on lb2 /rates has 'type ip', most others have 'type string len 32': nothing of it counts > " + from,
		change(func(s *view.Section) {
			s.Peers[1].Lanes[0].Schema = with(func(x *stick.Schema) { x.KeyType, x.KeyLen = stick.IPv4, 4 })
		})},
	{"another period and length", "warning sources-disagree data/lb2 /rates: on lb2 /rates cuts keys to len 16, others to 32: longer ones are other keys here; it has http_req_rate(1m), most others have http_req_rate(10s): its rate does not count > " + from,
		change(func(s *view.Section) {
			s.Peers[1].Lanes[0].Schema = with(func(x *stick.Schema) { x.KeyLen, x.Columns[2].Period = 17, 60_000 })
		})},
	{"fewer columns and another life", "notice sources-disagree data/lb2 /rates: on lb2 /rates does not store gpc(2), which others do; it keeps entries for 1m, others for 10m > " + from,
		change(func(s *view.Section) {
			s.Peers[1].Lanes[0].Schema = with(func(x *stick.Schema) { x.Columns, x.Expire = x.Columns[:3], 60_000 })
		})},
	{"a node without the source", "notice source-missing data/lb2 /rates: lb2 has no table /rates, which 2 other nodes have: nothing that it counts is in the sum > " + from,
		change(func(s *view.Section) { s.Peers[1].Lanes, s.Peers[1].Announced = nil, s.Peers[1].Announced[1:] })},
	{"or with one in the wrong place", "notice source-missing data/lb2 /rates: lb2 has no table /rates, which 2 other nodes have: nothing that it counts is in the sum; it has one of that name elsewhere, and a table in a peers section and one in a proxy are two > " + from,
		change(func(s *view.Section) { s.Peers[1].Lanes, s.Peers[1].Announced[0].Name = nil, "rates" })},
	{"or that nobody has any more", "", change(func(s *view.Section) {
		for i := range s.Peers {
			s.Peers[i].Lanes, s.Peers[i].Announced = nil, s.Peers[i].Announced[1:]
		}
	})},
	{"what is relayed is nobody's source here", "", change(func(s *view.Section) {
		s.Tables[0].Forwarded = true
		s.Peers[1].Lanes[0].Schema = with(func(x *stick.Schema) { x.Expire = 1000 })
	})},
	{"nodes that replicate", "error nodes-replicate data/lb2 /rates: lb2 and lb1 replicate /rates between each other, so each reports what both have counted and sums are too high: 30 of 40 rows that lb2 had learned were those of lb1, as key a > peers PEERS\n    server lb2 192.0.2.2:10000\n    server agg 192.0.2.100:10000",
		change(func(s *view.Section) {
			s.Peers[1].Copied = &view.Copied{From: "lb1", Table: "/rates", Rows: 30, Compared: 40, Key: []byte("a"), Schema: rates()}
		})},
	{"replicas that disagree", "warning replicas-disagree data/lb2 /rates.agg: lb2 and lb1 are replicas and see different numbers in /rates.agg: of key a lb2 has http_req_cnt 5, lb1, which counts, has 9 > ",
		change(func(s *view.Section) {
			s.Tables[0].Leads = []view.Lead{{Group: "g", Peer: "lb1", Disagreements: []view.Disagreement{{Member: "lb2", Key: []byte("a"), Column: stick.HTTPReqCnt, Has: 5, LeaderHas: 9}}}}
		})},
	{"keys of another shard", "error shard data/lb2 /rates: lb2 sends us keys of other shards, which others sum as well: key a of /rates is of shard 2, we are 1/3 > shards 3\nserver agg 192.0.2.100:10000 shard 1",
		timed(func(s *view.Section, now time.Time) {
			s.Shard, s.Peers[1].Stray = "1/3", &view.Stray{Rows: 1, At: now, Table: "/rates", Key: []byte("a"), Type: stick.String, Of: 2}
		})},
	{"they came long ago", "", change(func(s *view.Section) {
		s.Shard, s.Peers[1].Stray = "1/3", &view.Stray{Rows: 1, At: noon.Add(-time.Hour), Table: "/rates", Key: []byte("a"), Type: stick.String, Of: 2}
	})},
	{"lessons that are never whole", "notice partial data/lb2: lb2 says in each session that there may be more to know than it has told: it is an HAProxy before 2.0.14, or waits for a peer of its own; what it has forgotten stays in the sums until it expires > ",
		change(func(s *view.Section) { s.Peers[1].Partials = 2 })},
	{"a node that was started cold ends so once", "", change(func(s *view.Section) { s.Peers[1].Partials = 1 })},
	{"a peer that never came", "warning peer-never data/lb2: lb2 has never had a session with us: it does not call us, or we cannot reach it > server agg 192.0.2.100:10000",
		change(func(s *view.Section) {
			s.Peers[1] = view.Peer{Name: "lb2", Role: "node"}
			s.Addr = "192.0.2.100:10000"
		})},
	{"or refuses us", "warning peer-never data/lb2: lb2 has never had a session with us: it answers our calls with status 504 (its peers section has no line with our name) > server agg ADDRESS:10000",
		change(func(s *view.Section) {
			s.Peers[1] = view.Peer{Name: "lb2", Role: "node", LastStatus: 504}
			s.Addr = "0.0.0.0:10000"
		})},
	{"one that is gone", "warning peer-down data/lb2: lb2 has had no session since 2026-01-31 11:00:00 UTC: what it reported last stays in the sums until it expires > ",
		change(func(s *view.Section) { s.Peers[1].Established = false })},
	{"a pod may go", "", change(func(s *view.Section) { s.Peers[1].Established, s.Peers[1].Dynamic = false, true })},
	{"a reload takes a moment", "", timed(func(s *view.Section, now time.Time) {
		s.Peers[1].Established, s.Peers[1].Changed = false, now.Add(-30*time.Second)
	})},
	{"one name at two addresses in turn", "error name-twice data/lb2: sessions of lb2 come from 192.0.2.2 and 198.51.100.9 in turn: two processes have the same name, and each replaces what the other has reported > localpeer lb2-2",
		timed(func(s *view.Section, now time.Time) {
			if now.Second()/5%2 == 1 {
				s.Peers[1].Remote = "198.51.100.9:40000"
			}
		})},
	{"now and then is a pod's", "", timed(func(s *view.Section, now time.Time) {
		if now.Sub(noon)/(45*time.Second)%2 == 1 {
			s.Peers[1].Remote = "198.51.100.9:40000"
		}
	})},
	{"one that moves is one", "", timed(func(s *view.Section, now time.Time) {
		s.Peers[1].Remote = fmt.Sprintf("198.51.100.%d:40000", now.Second()/5)
	})},
	{"a live name from elsewhere", "error name-twice data/lb2: lb2 calls from 198.51.100.9 and is refused: it is there > localpeer lb2-2",
		refused(view.Refusal{Name: "lb2", Called: "agg", Why: view.RefusedTwice, Text: "it is there"})},
	{"our own name", "error name-twice data/agg: agg calls from 198.51.100.9 and is refused: it is ours > localpeer agg-2",
		refused(view.Refusal{Name: "agg", Called: "agg", Why: view.RefusedSelf, Text: "it is ours"})},
	{"a name that no line has", "warning name-unknown data/lb\\x0a7: lb\\x0a7 calls from 198.51.100.9 and is refused: no line admits it > peer lb7 198.51.100.9:PORT",
		refused(view.Refusal{Name: "lb\n7", Called: "agg", Why: view.RefusedUnknown, Text: "no line admits it", Line: "peer lb7 198.51.100.9:PORT"})},
	{"a name that is not ours", "error aggregator-name data/lb2: lb2 calls from 198.51.100.9 and is refused: we are agg > server agg 192.0.2.100:10000",
		refused(view.Refusal{Name: "lb2", Called: "gpe", Why: view.RefusedWrongName, Text: "we are agg"})},
	{"an address that may not come", "error not-allowed data/lb2: lb2 calls from 198.51.100.9 and is refused: no allow > peer lb2 192.0.2.2:10000 allow 10.0.0.0/8,198.51.100.9",
		refused(view.Refusal{Name: "lb2", Called: "agg", Why: view.RefusedAllow, Text: "no allow"})},
	{"a certificate of somebody else", "error tls data/lb2: lb2 calls from 198.51.100.9 and is refused: it has not proved it > ",
		refused(view.Refusal{Name: "lb2", Called: "agg", Why: view.RefusedCertificate, Text: "it has not proved it"})},
	{"no session of TLS", "error tls data/: somebody calls from 198.51.100.9 and is refused: it is TLS > ",
		refused(view.Refusal{Why: view.RefusedTLS, Text: "it is TLS"})},
	{"too many pods", "warning limit-peers data/pod9: pod9 calls from 198.51.100.9 and is refused: full > dynamic-peers max 128",
		refused(view.Refusal{Name: "pod9", Called: "agg", Why: view.RefusedCrowd, Text: "full"})},
	{"disabled by an operator is meant so", "", refused(view.Refusal{Name: "lb2", Called: "agg", Why: view.RefusedOther})},
	{"once is nothing", "", timed(func(s *view.Section, now time.Time) {
		s.Refusals = []view.Refusal{{Name: "x", Why: view.RefusedUnknown, First: now.Add(-time.Second), Last: now, Times: 3}}
	})},
	{"nor is what has ended", "", timed(func(s *view.Section, now time.Time) {
		s.Refusals = []view.Refusal{{Name: "x", Why: view.RefusedUnknown, Last: now.Add(-time.Minute), Times: 9}}
	})},
	{"nor what came in since", "", timed(func(s *view.Section, now time.Time) {
		s.Refusals = []view.Refusal{{Name: "lb2", Why: view.RefusedWrongName, First: noon.Add(-time.Minute), Last: now.Add(-3 * time.Second), Times: 9}}
		s.Peers[1].Handshake = now.Add(-time.Second)
	})},
	{"but a second one beside it goes on", "error name-twice data/lb2: lb2 calls from  and is refused: it is there > localpeer lb2-2",
		timed(func(s *view.Section, now time.Time) {
			s.Refusals = []view.Refusal{{Name: "lb2", Why: view.RefusedTwice, Text: "it is there", First: noon.Add(-time.Minute), Last: now.Add(-3 * time.Second), Times: 9}}
			s.Peers[1].Handshake = now.Add(-time.Second)
		})},
	{"too many rows", "error limit-entries data/: aggregations data has as many entries as it may have (max-entries 1000): rows of those who bring too many are forgotten, and sums lack them > max-entries 2000",
		timed(func(s *view.Section, now time.Time) { s.Limits.Evicted = uint64(now.Sub(noon) / time.Second) })},
	{"that was before our time", "", change(func(s *view.Section) { s.Limits.Evicted, s.Limits.Refused = 7, 8 })},
	{"too many tables", "error limit-tables data/: aggregations data has as many tables as it may have (max-tables 256): others are not summed > max-tables 512",
		timed(func(s *view.Section, now time.Time) { s.Limits.TablesRefused, s.Limits.TablesAt = 1, now })},
	{"that was long ago", "", change(func(s *view.Section) { s.Limits.TablesRefused, s.Limits.TablesAt = 1, noon.Add(-time.Hour) })},
	{"one suffix on two levels", "error suffix-clash data/: aggregations data gives its sums the suffix .agg and forwards tables with the same one: two writers fill one table on the nodes > from any to .mid no-ascend",
		change(func(s *view.Section) {
			s.Forward, s.Rules = []string{".agg"}, "from any to .agg no-ascend; forward .agg"
		})},
	{"an aggregator below with our suffix", "error suffix-clash data/mid1 /rates.agg: mid1 below us publishes /rates.agg under the suffix .agg, which is ours: it is not summed, and nodes that know both of us hear two sums under one name > from any to .mid",
		change(func(s *view.Section) {
			s.Peers = append(s.Peers, view.Peer{Name: "mid1", Role: "down", Established: true, LessonDone: true,
				Announced: []view.Announced{{Name: "/rates.agg", Use: view.Sum, Schema: rates(), Tracked: 4}}})
		})},
	{"a certificate near its end", "warning certificate /: the certificate for agg in agg.pem ends at 2026-02-10T12:00:00Z: put the new one into the file, no restart is needed > ",
		ends(10 * 24 * time.Hour)},
	{"one that has ended", "error certificate /: the certificate for agg in agg.pem has ended at 2026-01-31T11:00:00Z: whoever verifies it refuses; put the new one into the file > ", ends(-time.Hour)},
	{"one that lasts", "", ends(15 * 24 * time.Hour)},
}

type changed = func(p *view.Process, s *view.Section, now time.Time)

func change(f func(s *view.Section)) changed {
	return func(_ *view.Process, s *view.Section, _ time.Time) { f(s) }
}

func timed(f func(s *view.Section, now time.Time)) changed {
	return func(_ *view.Process, s *view.Section, now time.Time) { f(s, now) }
}

// refused has somebody knock again and again.
func refused(r view.Refusal) changed {
	return timed(func(s *view.Section, now time.Time) {
		r.From, r.First, r.Last, r.Times = "198.51.100.9", noon, now, 3
		s.MaxPeers, s.Peers[1].Allow = 64, []string{"10.0.0.0/8"}
		s.Refusals = []view.Refusal{r}
	})
}

// ends has a certificate end after this time.
func ends(after time.Duration) changed {
	return func(p *view.Process, _ *view.Section, _ time.Time) {
		p.Certificates = []view.Certificate{{File: "agg.pem", For: "agg", Ends: noon.Add(after)}}
	}
}

// print is a finding in one line, but for what there is of others.
func print(f *view.Finding) string {
	where := f.Section + "/" + name(f.Peer)
	if f.Table != "" {
		where += " " + f.Table
	}
	return fmt.Sprintf("%s %s %s: %s > %s", f.Severity, f.Rule, where, f.Text, f.Fix)
}

// TestRules breaks one thing at a time: exactly that is found, in these words.
func TestRules(t *testing.T) {
	found := map[string]bool{"more": true} // see TestBounds
	for _, c := range cases {
		var l Linter
		var got []view.Finding
		for after := time.Duration(0); after <= 150*time.Second; after += 5 * time.Second {
			p, s := good()
			if c.change != nil {
				c.change(p, s, noon.Add(after))
			}
			got, _, _ = l.Look(noon.Add(after), p, []view.Section{*s})
		}
		want := []string{}
		if c.want != "" {
			want = append(want, c.want)
		}
		lines := []string{}
		for i := range got {
			lines = append(lines, print(&got[i]))
			found[got[i].Rule] = true
		}
		if !slices.Equal(lines, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.why, lines, want)
		}
	}
	for _, r := range Rules() {
		if !found[r.Name] {
			t.Errorf("no case for the rule %s", r.Name)
		}
		delete(found, r.Name)
	}
	for name := range found {
		if name != "more" {
			t.Errorf("the rule %s is not in the list", name)
		}
	}
}

package metrics

import (
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// fake is a program of two sections in which everything happens that can be shown.
type fake struct {
	view.Viewer // nothing else is asked
	process     view.Process
	sections    []view.Section
}

func (f *fake) Process() view.Process    { return f.process }
func (f *fake) Sections() []view.Section { return f.sections }

var clock = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// bounds are those that node has.
var bounds = []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60}

func newFake() *fake {
	ago := func(d time.Duration) time.Time { return clock.Add(-d) }
	rates := &stick.Schema{KeyType: stick.IPv4, KeyLen: 4, Columns: []stick.Column{{Type: stick.HTTPReqCnt, Len: 1}}}
	users := &stick.Schema{KeyType: stick.String, KeyLen: 33, Columns: []stick.Column{{Type: stick.GPC0, Len: 1}}}
	return &fake{
		process: view.Process{
			Version: "1.2.0", Started: ago(48 * time.Hour),
			Reload:      view.Reload{At: ago(time.Hour), Good: false, Message: "[ALERT] ..."},
			ReloadsGood: 3, ReloadsBad: 1, Evicted: 12, LogLinesLost: 5,
			LimitsHit:    []view.Hit{{Name: "entries_evicted", Times: 12}, {Name: "key_length", Times: 2}},
			Refused:      []view.Hit{{Name: "unknown_name", Times: 7}, {Name: "certificate", Times: 1}},
			Certificates: []view.Certificate{{File: "/etc/tallystick/site.pem", Ends: clock.Add(90 * 24 * time.Hour)}},
		},
		sections: []view.Section{
			{
				ID: "site", Name: "agg1", Warm: true,
				Groups: []view.Group{{Name: "", Takeovers: 1}, {Name: "east", Takeovers: 2, Disagreements: 1}},
				Lags: view.Histogram{Count: 1005, Sum: 2.5, Bounds: bounds, Counts: []uint64{0, 0, 100, 100, 300, 400, 60, 20, 10, 8, 2, 1, 1, 1, 1, 1, 0},
					First: -80, Fine: []uint64{100, 100, 700, 0, 0, 90, 10, 3, 2}},
				Peers: []view.Peer{
					{Name: "lb1", Role: "node", Established: true, Changed: ago(time.Hour), Sessions: 2, Drops: 1, Silences: 1,
						UpdatesIn: 1000, UpdatesOut: 1500, MessagesIn: 1100, MessagesOut: 1600, BytesIn: 20_000, BytesOut: 33_000, Requests: 1, Finishes: 1},
					{Name: "lb2", Role: "node", Changed: ago(3 * time.Minute), Sessions: 5, Drops: 5, ProtocolErrors: 2, Collisions: 3,
						UpdatesIn: 500, UpdatesOut: 700, MessagesIn: 600, MessagesOut: 800, BytesIn: 10_000, BytesOut: 15_000},
					{Name: "top", Role: "up", Established: true, Changed: ago(2 * time.Hour), Sessions: 1, Learning: view.Lesson{Running: true}, Teaching: view.Lesson{Running: true}},
				},
				Tables: []view.Table{
					{Target: "/rates.agg", Schema: rates, Rows: 100, Shares: 180, Bytes: 65536, Changes: 1400, Told: 2200, Ended: 40, Gone: 25, Disagree: 1,
						Missing: []string{"lb2"}, Update: 1400,
						Receivers: []view.Receiver{{Peer: "lb1", Pushed: 1400, Acked: 1390}, {Peer: "top", Pushed: 1400, NotTo: "its key type differs"}}},
					{Target: "users.agg", Schema: users, Rows: 7, Shares: 7, Bytes: 8192, Changes: 9, Update: 9, Receivers: []view.Receiver{{Peer: "lb1", Pushed: 9, Acked: 9}}},
				},
			},
			{
				ID: "lab", Name: "agg1", Observe: true, Lags: view.Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)},
				Peers: []view.Peer{{Name: "pod-7f9c", Role: "node", Dynamic: true, Established: true, Changed: ago(time.Minute), Sessions: 1}},
			},
		},
	}
}

// Findings is what lint finds in the fake.
func (*fake) Findings() []view.Finding {
	missing := view.Finding{Section: "site", Rule: "twin-missing", Severity: view.Error}
	return []view.Finding{missing, missing, {Rule: "certificate-ends", Severity: view.Warning}}
}

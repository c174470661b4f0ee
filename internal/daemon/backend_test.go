package daemon

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"tallystick/internal/config"
	"tallystick/internal/logs"
	"tallystick/internal/node"
	"tallystick/internal/session"
	"tallystick/internal/stick"
	"tallystick/internal/topology"
	"tallystick/internal/view"
)

func TestRulesOf(t *testing.T) {
	for _, c := range []struct {
		rules topology.Rules
		want  string
	}{
		{topology.Rules{Any: true, To: ".agg"}, "from any to .agg"},
		{topology.Rules{From: []string{".cpu", ".proc"}, To: ".aggr", AcceptNoSuffix: true}, "from .cpu,.proc to .aggr accept-no-suffix"},
		{topology.Rules{Any: true, To: ".mid", NoFeedback: true, Forward: []string{".agg"}}, "from any to .mid no-feedback; forward .agg"},
	} {
		if got := rulesOf(&c.rules); got != c.want {
			t.Errorf("the rules print as the configuration has them: got %q, want %q", got, c.want)
		}
	}
}

func TestPut(t *testing.T) {
	schema := &stick.Schema{KeyType: stick.String, KeyLen: 33, Columns: []stick.Column{
		{Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 10_000}, {Type: stick.ServerKey, Len: 1}, {Type: stick.GPC, Len: 3},
	}}
	row := stick.Row{Values: make([]uint64, schema.Words())}
	for _, v := range []view.Assignment{
		{Type: stick.HTTPReqCnt, Value: 7},
		{Type: stick.HTTPReqRate, Value: 30},
		{Type: stick.ServerKey, Text: "s1"},
		{Type: stick.GPC, Element: 2, Value: 9},
		{Type: stick.GPC, Element: 3, Value: 99}, // there is no such element
		{Type: stick.GPC0, Value: 99},            // nor such a column
	} {
		put(&row, schema, v)
	}
	want := []uint64{7, 0, 30, 0, 0, 0, 9}
	for i, v := range want {
		if row.Values[i] != v {
			t.Fatalf("each value goes to its place, a rate's to the present window: got %v, want %v", row.Values, want)
		}
	}
	if row.Text != "s1" {
		t.Errorf("a text goes beside the values: %q", row.Text)
	}
}

func TestLogLine(t *testing.T) {
	for _, c := range []struct {
		why  string
		line config.Log
		want logs.Line
	}{
		{"the zero line is stderr, for emergencies", config.Log{}, logs.Line{Kind: logs.Stderr, Level: mustLevel(t, "emerg")}},
		{"a file with its format and level", config.Log{Target: config.LogFile, Path: "/x", Format: config.LogJSON, Level: config.LogWarning},
			logs.Line{Kind: logs.File, Path: "/x", Format: logs.JSON, Level: mustLevel(t, "warning")}},
		{"a syslog socket", config.Log{Target: config.LogSyslog, Path: "/dev/log", Level: config.LogInfo},
			logs.Line{Kind: logs.Syslog, Path: "/dev/log", Level: mustLevel(t, "info")}},
	} {
		if got := logLine(c.line); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.why, got, c.want)
		}
	}
}

func mustLevel(t *testing.T, word string) slog.Level {
	t.Helper()
	l, err := logs.ParseLevel(word)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAddress(t *testing.T) {
	for _, c := range []struct {
		why  string
		addr config.Addr
		want string
	}{
		{"a literal of IPv4 is bound as that alone", config.Addr{Network: config.TCP, Host: "0.0.0.0", Port: 1}, "tcp4 0.0.0.0:1"},
		{"every address is both families", config.Addr{Network: config.TCP, Port: 1}, "tcp :1"},
		{"a path", config.Addr{Network: config.Unix, Path: "/x"}, "unix /x"},
		{"a socket that we were started with", config.Addr{Network: config.FD, FD: 3}, "fd 3"},
	} {
		if a := address(c.addr); a.Network+" "+a.Name != c.want {
			t.Errorf("%s: got %s %s, want %s", c.why, a.Network, a.Name, c.want)
		}
	}
}

func TestFaultOf(t *testing.T) {
	if faultOf(nil) != nil {
		t.Error("a peer without a fault has none")
	}
	now := time.Now()
	f := faultOf(&node.Fault{When: now, Err: &session.Error{Offset: 105, At: 5, Message: []byte{10, 0x80}, What: "key is too long"}})
	if f.At != 100 || f.Offset != 5 || f.Text != "key is too long" || len(f.Bytes) != 2 || !f.Time.Equal(now) {
		t.Errorf("the message's place in the stream and the byte's in the message: got %+v", f)
	}
	if f := faultOf(&node.Fault{Err: errors.New("other")}); f.Offset != -1 || f.Text != "other" {
		t.Errorf("a fault without bytes points at none: got %+v", f)
	}
}

func TestTableOf(t *testing.T) {
	peers := []view.Peer{
		{Name: "lb1", Lanes: []view.Lane{{Name: "web", Target: "web.agg"}, {Name: "api", Target: "api.agg"}}},
		{Name: "lb2", Lanes: []view.Lane{{Name: "web", Target: "web.agg"}, {Name: "web.v2", Target: "web.agg"}}},
	}
	v := tableOf(&node.TableView{Name: "web.agg"}, peers, nil)
	if len(v.Sources) != 2 || v.Sources[0] != "web" || v.Sources[1] != "web.v2" {
		t.Errorf("every table that feeds it is named once: %v", v.Sources)
	}
}

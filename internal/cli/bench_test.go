package cli

import (
	"testing"

	"tallystick/internal/view"
)

// BenchmarkShowTable is the cost of a row with two shares, from the backend to the socket.
func BenchmarkShowTable(b *testing.B) {
	f := newFake()
	bigTable(f, 1000)
	rows := f.rows["data rates.agg"]
	for i := range rows {
		rows[i].Shares = []view.Share{{Label: "lb1", Values: rows[i].Sum.Values}, {Label: "lb2", Values: rows[i].Sum.Values}}
	}
	server := New(Config{Backend: f})
	words := []string{"show", "table", "data", "rates.agg"}
	for b.Loop() {
		out := &sink{}
		newClient(server, out, LevelUser, nil).execute(words)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
}

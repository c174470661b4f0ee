package metrics

import (
	"fmt"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"tallystick/internal/view"
)

// parse reads an exposition as Prometheus does.
func parse(t *testing.T, text string) map[string]*dto.MetricFamily {
	t.Helper()
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		t.Fatalf("what we say can be read: %v", err)
	}
	return families
}

// values are the series of a metric, by their labels.
func values(t *testing.T, families map[string]*dto.MetricFamily, name string) map[string]float64 {
	t.Helper()
	series := map[string]float64{}
	for _, m := range families[prefix+name].GetMetric() {
		var labels []string
		for _, l := range m.Label {
			labels = append(labels, l.GetName()+"="+l.GetValue())
		}
		series[strings.Join(labels, " ")] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
	}
	return series
}

// one is a program of one section.
func one(peers ...view.Peer) *fake {
	return &fake{sections: []view.Section{{ID: "site", Peers: peers}}}
}

// pods are dynamic peers, each of which has sent n updates.
func pods(from, to int, n uint64) (list []view.Peer) {
	for i := from; i < to; i++ {
		list = append(list, view.Peer{Name: fmt.Sprint("pod", i), Role: "node", Dynamic: true, Established: true, UpdatesIn: n})
	}
	return list
}

// TestDynamicNamesAreCapped is threat T-25: names that strangers choose cannot fill the memory of a Prometheus.
func TestDynamicNamesAreCapped(t *testing.T) {
	f := one(append([]view.Peer{{Name: "lb1", Role: "node", UpdatesIn: 5}}, pods(0, 10_000, 1)...)...)
	f.sections[0].Tables = newFake().sections[0].Tables
	for _, p := range f.sections[0].Peers {
		f.sections[0].Tables[0].Receivers = append(f.sections[0].Tables[0].Receivers, view.Receiver{Peer: p.Name, Pushed: 10, Acked: 9})
	}
	families := parse(t, exposition(t, newCollector(f, Config{})))
	total := 0
	for _, family := range families {
		total += len(family.Metric)
	}
	if total >= 2000 {
		t.Errorf("%d series for 10 000 names, want fewer than 2000", total)
	}
	got := values(t, families, "peer_updates_received_total")
	if len(got) != 1+mostDynamic+1 || got["peer=lb1 section=site"] != 5 || got["peer=pod63 section=site"] != 1 {
		t.Errorf("the peer of the configuration and the first 64 have series of their own, with one for all others: %d", len(got))
	}
	if n := got["peer=other section=site"]; n != 10_000-mostDynamic {
		t.Errorf("the others are added up, none is lost: %v", n)
	}
	if n := values(t, families, "peer_up")["peer=other role=node section=site"]; n != 10_000-mostDynamic {
		t.Errorf("of these so many are up: %v", n)
	}
	if n := values(t, families, "peer_acks_behind")["name=/rates.agg peer=other section=site"]; n != 10_000-mostDynamic {
		t.Errorf("and have not acked so much: %v", n)
	}
}

// TestDynamicNamesComeAndGo: no counter falls while peers come, go and are forgotten.
func TestDynamicNamesComeAndGo(t *testing.T) {
	f := one()
	c := newCollector(f, Config{})
	last := map[string]float64{}
	look := func(why string, peers ...view.Peer) map[string]float64 {
		t.Helper()
		f.sections[0].Peers = peers
		now := values(t, parse(t, exposition(t, c)), "peer_updates_received_total")
		for series, v := range now {
			if v < last[series] {
				t.Errorf("%s: %s fell from %v to %v", why, series, last[series], v)
			}
		}
		last = now
		return now
	}
	const other = "peer=other section=site"
	if n := len(look("as many as have places", pods(0, 64, 5)...)); n != 64 {
		t.Errorf("each has its own, and there are no others: %d", n)
	}
	got := look("more", pods(0, 100, 10)...)
	if got[other] != 36*10 {
		t.Errorf("36 are others: %v", got[other])
	}
	got = look("half of those with places are forgotten", pods(32, 100, 12)...)
	if got["peer=pod70 section=site"] != 0 || got[other] != 36*12 {
		t.Errorf("who is among the others stays there, or their sum would fall: %v", got[other])
	}
	got = look("new ones take the free places", append(pods(32, 100, 12), pods(200, 220, 1)...)...)
	if got["peer=pod219 section=site"] != 1 || got[other] != 36*12 {
		t.Errorf("20 new ones have their own: %v", got[other])
	}
	got = look("the others are forgotten", pods(32, 64, 12)...)
	if got[other] != 36*12 {
		t.Errorf("what they have counted is counted: %v", got[other])
	}
	got = look("one of them comes again, and counts from 0", append(pods(32, 64, 12), pods(99, 100, 3)...)...)
	if got["peer=pod99 section=site"] != 3 {
		t.Errorf("it may have a place now: %v", got)
	}
}

// TestNamesOfTheRest: nobody is taken for all others.
func TestNamesOfTheRest(t *testing.T) {
	stranger := view.Peer{Name: "other", Role: "node", Dynamic: true, UpdatesIn: 7}
	strangers := append([]view.Peer{stranger}, pods(0, 64, 1)...)
	got := values(t, parse(t, exposition(t, newCollector(one(strangers...), Config{}))), "peer_updates_received_total")
	if len(got) != 65 || got["peer=other section=site"] != 7 || got["peer=pod63 section=site"] != 1 {
		t.Errorf("a stranger of that name is one of the others, and takes nobody's place: %v", got)
	}
	peers := append([]view.Peer{{Name: "other", Role: "node", UpdatesIn: 1}, {Name: "other_", Role: "node", UpdatesIn: 2}}, pods(0, 65, 5)...)
	got = values(t, parse(t, exposition(t, newCollector(one(peers...), Config{}))), "peer_updates_received_total")
	if got["peer=other section=site"] != 1 || got["peer=other_ section=site"] != 2 || got["peer=other__ section=site"] != 5 {
		t.Errorf("peers of the configuration keep their names, and the others have another: %v", got)
	}
}

// TestHostileNames: whatever a stranger calls itself, or a table, the rest of the scrape stands, and what it
// says is one label of one line.
func TestHostileNames(t *testing.T) {
	names := []string{"", "a\"} 1\ntallystick_forged 1\n", "a\\", "a\\x5c", "a\xff", "a\\xff", "a\xfe", "a\ufffd", "\x00", "münchen", "pod 7", "\u202eevil", "a\n", "a\\n", strings.Repeat("x", 500)}
	f := one()
	for _, n := range names {
		f.sections[0].Peers = append(f.sections[0].Peers, view.Peer{Name: n, Role: "node", Dynamic: true})
		table := newFake().sections[0].Tables[0]
		table.Target = n
		table.Receivers = []view.Receiver{{Peer: n, Pushed: 1}}
		f.sections[0].Tables = append(f.sections[0].Tables, table)
	}
	text := exposition(t, newCollector(f, Config{}))
	families := parse(t, text)
	for metric, want := range map[string]int{"peer_up": len(names), "table_entries": len(names), "peer_acks_behind": len(names)} {
		if got := len(values(t, families, metric)); got != want {
			t.Errorf("%s: each name has its own series: %d, want %d", metric, got, want)
		}
	}
	if families["tallystick_forged"] != nil {
		t.Error("no name can forge a line")
	}
	if !strings.Contains(text, `peer="münchen"`) || !strings.Contains(text, `peer="pod 7"`) || strings.Contains(text, "\u202e") {
		t.Errorf("what prints stays as it is, what does not is escaped:\n%s", text)
	}
}

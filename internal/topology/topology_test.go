package topology

import "testing"

func TestClassify(t *testing.T) {
	anyTo := Rules{Any: true, To: ".agg"}
	listed := Rules{From: []string{".cpu", ".proc"}, To: ".aggr"}
	bare := Rules{From: []string{".cpu", ".proc"}, To: ".aggr", AcceptNoSuffix: true}
	renamed := (Rules{Any: true, To: ".sum"}).After(&Rules{Any: true, To: ".agg", Former: []string{".old"}})
	listedAgain := (Rules{From: []string{".agg"}, To: ".sum"}).After(&Rules{Any: true, To: ".agg"})
	middle := Rules{Any: true, To: ".intermediate", Forward: []string{".agg"}}
	for _, c := range []struct {
		why    string
		rules  *Rules
		role   Role
		name   string
		use    Use
		target string
	}{
		{"any appends to a name without suffix", &anyTo, Node, "rates", Source, "rates.agg"},
		{"the slash of a peers section's table stays", &anyTo, Node, "/rates", Source, "/rates.agg"},
		{"any replaces a suffix", &anyTo, Node, "web.v2", Source, "web.agg"},
		{"only the last dot counts", &anyTo, Node, "www.example.com", Source, "www.example.agg"},
		{"our own table comes back in lessons", &anyTo, Node, "rates.agg", Own, ""},
		{"a listed suffix is replaced", &listed, Node, "mytable1.cpu", Source, "mytable1.aggr"},
		{"the other listed one too", &listed, Node, "mytable2.proc", Source, "mytable2.aggr"},
		{"another suffix is not ours", &listed, Node, "mytable.mem", Ignored, ""},
		{"no suffix needs accept-no-suffix", &listed, Node, "mytable", Ignored, ""},
		{"with it the suffix is appended", &bare, Node, "mytable", Source, "mytable.aggr"},
		{"accept-no-suffix takes no other suffix", &bare, Node, "mytable.mem", Ignored, ""},
		{"a forwarded table from above is relayed, under its own name", &middle, Up, "rates.agg", Relayed, "rates.agg"},
		{"anything else from above is ignored", &middle, Up, "rates", Ignored, ""},
		{"a forwarded table from below is not input", &middle, Node, "rates.agg", Own, ""},
		{"the sums that we published under another suffix are still on the nodes", &renamed, Node, "rates.agg", Ignored, ""},
		{"and those before", &renamed, Node, "rates.old", Ignored, ""},
		{"other tables are summed under the new one", &renamed, Node, "rates.v2", Source, "rates.sum"},
		{"unless somebody lists the suffix", &listedAgain, Node, "rates.agg", Source, "rates.sum"},
		{"an aggregator below is a member", &middle, Down, "rates", Source, "rates.intermediate"},
		{"we are not our own input", &middle, Local, "rates", Ignored, ""},
	} {
		use, target := c.rules.Classify(c.role, c.name)
		if use != c.use || target != c.target {
			t.Errorf("%s: %s %q: got %d %q, want %d %q", c.why, c.role, c.name, use, target, c.use, c.target)
		}
	}
}

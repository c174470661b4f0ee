package daemon

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tallystick/internal/config"
	"tallystick/internal/node"
	"tallystick/internal/topology"
	"tallystick/internal/view"
)

// sectionOf takes a snapshot of a section.
func (b *backend) sectionOf(p *program, s *section) view.Section {
	warm, cold := s.Warm()
	c := s.Settings()
	v := view.Section{ID: s.ID(), Name: c.Name, Rules: rulesOf(&c.Rules), Observe: c.Rules.Observe, Warm: warm, Binds: bindsOf(p.config, s.ID()),
		To: c.Rules.To, Forward: c.Rules.Forward, NoAscend: c.Rules.NoAscend, NoFeedback: c.Rules.NoFeedback, Limits: limitsOf(s), Refusals: refusalsOf(s.Refusals())}
	if l := s.config.Local; l != nil {
		v.Addr = l.Addr.String()
	}
	if c.Dynamic != nil {
		v.MaxPeers = c.Dynamic.Max
	}
	if c.Shard.Count > 0 {
		v.Shard, v.Misplaced = fmt.Sprintf("%d/%d", c.Shard.Index, c.Shard.Count), b.counters.StrayKeys.Load()
	}
	v.WarmExpected = len(s.Members())
	v.WarmHeard = max(0, v.WarmExpected-len(cold))
	if !warm {
		v.WarmAt = s.WarmAt()
	}
	v.Groups, v.Lags = groupsOf(s.Groups()), lagsOf(s.Lags())
	h := hearings{}
	for _, pv := range s.Views() {
		v.Peers = append(v.Peers, peerOf(&pv, b.start))
		h.add(&pv)
	}
	contests := s.Contests()
	for _, t := range s.Tables() {
		if t.Schema != nil { // else nobody has defined it yet
			h := h.of(t.Name)
			table := tableOf(&t, v.Peers, h.receivers)
			table.Missing, table.Notes, table.Leads = h.missing, append(table.Notes, h.notes...), leadsOf(&t, contests)
			v.Tables = append(v.Tables, table)
		}
	}
	slices.SortFunc(v.Tables, func(a, b view.Table) int { return cmp.Compare(a.Target, b.Target) })
	weighLessons(&v)
	return v
}

// hearings is how peers hear each table, by its name.
type hearings map[string]*hearing

// hearing is how peers hear one table.
type hearing struct {
	receivers []view.Receiver
	notes     []string // why peers cannot read all of it
	missing   []string // peers that have not announced it
}

func (h hearings) of(target string) *hearing {
	if h[target] == nil {
		h[target] = &hearing{}
	}
	return h[target]
}

// add takes what one peer hears.
func (h hearings) add(p *node.PeerView) {
	for _, target := range p.Missing {
		h.of(target).missing = append(h.of(target).missing, p.Name)
	}
	for _, f := range p.Feeds {
		t := h.of(f.Target)
		t.receivers = append(t.receivers, view.Receiver{Peer: p.Name, Pushed: uint32(f.Pushed), Acked: uint32(f.Acked), Synced: uint32(f.Synced), NotTo: f.Refused,
			Schema: f.Schema, TooLong: f.Long.Keys, LongKey: f.Long.Key, LongAt: f.Long.At, Withheld: f.Withheld, Agree: f.Compared.Agree, Differ: f.Compared.Differ})
	}
	for _, u := range p.Unread {
		t := h.of(u.Target)
		t.notes = append(t.notes, p.Name+": "+u.Why)
	}
}

// bindsOf are the shared listeners that bring peers to a section.
func bindsOf(c *config.Config, id string) (binds []string) {
	for _, b := range c.Global.Binds {
		if b.Serves(id) {
			binds = append(binds, b.Addr.String())
		}
	}
	return binds
}

// leadsOf tells who counts among the replicas that feed a table.
func leadsOf(t *node.TableView, contests []node.ContestView) (leads []view.Lead) {
	for _, c := range contests {
		if c.Target != t.Name || c.Relayed != t.Relayed {
			continue
		}
		l := view.Lead{Group: c.Group, Peer: c.Leader}
		if d := c.Dispute; d != nil {
			l.Disagreements = append(l.Disagreements, view.Disagreement{Member: d.Member, Key: d.Key, Schema: d.Schema, Column: d.Column,
				Element: d.Element, Has: d.Has, LeaderHas: d.LeaderHas, Since: d.Since, Times: uint64(d.Times)})
		}
		leads = append(leads, l)
	}
	return leads
}

// rulesOf prints the from and forward lines.
func rulesOf(r *topology.Rules) string {
	from := strings.Join(r.From, ",")
	if r.Any {
		from = "any"
	}
	line := "from " + from + " to " + r.To
	for _, word := range []struct {
		set  bool
		name string
	}{{r.AcceptNoSuffix, "accept-no-suffix"}, {r.NoAscend, "no-ascend"}, {r.NoFeedback, "no-feedback"}} {
		if word.set {
			line += " " + word.name
		}
	}
	if len(r.Forward) > 0 {
		line += "; forward " + strings.Join(r.Forward, ",")
	}
	return line
}

// tableOf describes one table and who feeds and hears it.
func tableOf(t *node.TableView, peers []view.Peer, receivers []view.Receiver) view.Table {
	v := view.Table{Target: t.Name, Forwarded: t.Relayed, Schema: t.Schema, Rows: int64(t.Stats.Rows), Update: uint32(t.Stats.Changes), Used: uint32(t.Stats.Changes), Receivers: receivers,
		Shares: int64(t.Stats.Shares), Bytes: int64(t.Stats.Bytes), Changes: t.Stats.Changes, Told: t.Told, Ended: t.Stats.Expired, Gone: t.Stats.Emptied, Disagree: len(t.Disagreements)}
	if t.Timed {
		v.Lag = &view.Lag{P50: t.P50, P99: t.P99}
	}
	for _, p := range peers {
		for _, l := range p.Lanes {
			if l.Target == t.Name && !slices.Contains(v.Sources, l.Name) {
				v.Sources = append(v.Sources, l.Name)
			}
		}
	}
	for _, d := range t.Disagreements {
		v.Notes = append(v.Notes, d.Lane+": "+d.Text)
	}
	return v
}

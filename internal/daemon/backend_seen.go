package daemon

import (
	"cmp"
	"slices"

	"tallystick/internal/node"
	"tallystick/internal/topology"
	"tallystick/internal/view"
)

// announcedOf is what a peer has announced, and what its rows have shown.
func announcedOf(p *view.Peer, v *node.PeerView) {
	for _, a := range v.Announced {
		use := view.Ignored
		switch a.Use {
		case topology.Source, topology.Relayed:
			use = view.Source
		case topology.Own:
			use = view.Sum
		}
		p.Announced = append(p.Announced, view.Announced{Name: a.Name, Use: use, Schema: a.Schema, Tracked: a.Tracked,
			TrackedAt: a.TrackedAt, TrackedKey: a.TrackedKey, GaugesLost: a.GaugesLost, GaugesKept: a.GaugesKept})
	}
	slices.SortFunc(p.Announced, func(a, b view.Announced) int { return cmp.Compare(a.Name, b.Name) })
	if c := v.Copied; c != nil {
		p.Copied = &view.Copied{From: c.From, Table: c.Table, Rows: c.Rows, Compared: c.Compared, Key: c.Key, Schema: c.Schema}
	}
	if s := v.Stray; s != nil {
		p.Stray = &view.Stray{Rows: s.Rows, At: s.At, Table: s.Table, Key: s.Key, Type: s.Type, Of: s.Of}
	}
	p.Partials = v.Partials
}

// limitsOf are the limits of a section, and how they were met.
func limitsOf(s *section) view.Limits {
	b := s.Budget()
	l := view.Limits{MaxEntries: b.Max(), Entries: b.Used(), Evicted: uint64(b.Evicted()), Refused: uint64(b.Refused()), MaxTables: s.Settings().MaxTables}
	l.TablesRefused, l.TablesAt = s.TablesRefused()
	return l
}

// refusalsOf tells who was refused.
func refusalsOf(list []node.Refusal) (out []view.Refusal) {
	for _, r := range list {
		out = append(out, view.Refusal{Name: r.Name, Called: r.Called, From: r.From, Why: refusalKinds[r.Kind], Text: r.Text, Line: r.Line,
			First: r.First, Last: r.Last, Times: r.Times})
	}
	return out
}

// refusalKinds are the words for observers.
var refusalKinds = map[node.RefusalKind]view.RefusalKind{
	node.RefusedOther: view.RefusedOther, node.RefusedUnknown: view.RefusedUnknown, node.RefusedSelf: view.RefusedSelf,
	node.RefusedWrongName: view.RefusedWrongName, node.RefusedTwice: view.RefusedTwice, node.RefusedAllow: view.RefusedAllow,
	node.RefusedCertificate: view.RefusedCertificate, node.RefusedCrowd: view.RefusedCrowd, node.RefusedTLS: view.RefusedTLS,
}

// seenByProcess is what no section has seen alone, and nothing else of the process.
func (b *backend) seenByProcess() (p view.Process) {
	p.Started = b.start
	for _, d := range b.now.Load().doors {
		p.Refusals = append(p.Refusals, refusalsOf(d.Refusals())...)
	}
	for _, c := range b.certs.InUse() {
		p.Certificates = append(p.Certificates, view.Certificate{File: c.File, For: c.For, Ends: c.Ends})
	}
	return p
}

package explain

import (
	"slices"
	"time"

	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// shareOf tells of one share what is not in its values.
func shareOf(s *view.Section, t *view.Table, v *view.Share) Share {
	x := Share{Share: v, Reported: reported(v)}
	p := peer(s, v.Peer)
	if v.Peer == "" { // no peer's name has parentheses
		x.Note = "set by hand, on the runtime CLI"
		return x
	}
	switch {
	case p == nil:
		x.Note = "its peer is none any more"
	case p.Disabled:
		x.Note = "disabled by an operator"
	case !p.Established:
		x.Note = "its peer has no session"
	}
	if x.Note != "" && !v.Expired {
		x.Note += ": its last share stays until it expires"
	}
	if l := lane(p, v.Source); l != nil {
		x.SetAside = l.SetAside
	}
	return x
}

// reported is how long ago the owner of a share has renewed its entry: what an entry lives, but for what
// it has left. It holds for what is pushed, which lives anew, and for what comes in a lesson,
// which is said with the life that is left on the node. What a node pushes again behind a lesson seems renewed, too.
func reported(v *view.Share) *time.Duration {
	if v.Own == nil || v.Own.Expire == 0 || v.Life == stick.Forever || v.Expired || v.Life > v.Own.Expire {
		return nil
	}
	ago := time.Duration(v.Own.Expire-v.Life) * time.Millisecond
	return &ago
}

// silent lists the members that feed the table and have no share of the key.
func silent(s *view.Section, t *view.Table, x *Explanation) (names []string) {
	for i := range s.Peers {
		p := &s.Peers[i]
		for _, l := range p.Lanes {
			if l.Target != t.Target || slices.ContainsFunc(x.Shares, func(o Share) bool { return o.Peer == p.Name && o.Source == l.Name }) {
				continue
			}
			name := p.Name
			if slices.Contains(names, name) {
				name += "(" + l.Name + ")"
			}
			names = append(names, name)
		}
	}
	return names
}

func peer(s *view.Section, name string) *view.Peer {
	if i := slices.IndexFunc(s.Peers, func(p view.Peer) bool { return p.Name == name }); i >= 0 {
		return &s.Peers[i]
	}
	return nil
}

func lane(p *view.Peer, source string) *view.Lane {
	if p == nil {
		return nil
	}
	if i := slices.IndexFunc(p.Lanes, func(l view.Lane) bool { return l.Name == source }); i >= 0 {
		return &p.Lanes[i]
	}
	return nil
}

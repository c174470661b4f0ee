package web

import (
	"net/http"
	"slices"
	"time"

	"tallystick/internal/view"
)

// Topology is who is above, below and beside us.
type Topology struct {
	Sections []Section `json:"sections"`
}

// Section is one aggregations section.
type Section struct {
	ID           string   `json:"id"`
	Name         string   `json:"name" doc:"what we call ourselves"`
	Addr         *string  `json:"addr" doc:"where we listen; null behind a shared bind"`
	Binds        []string `json:"binds" doc:"shared binds that bring peers to it"`
	Rules        string   `json:"rules" doc:"its from and forward lines"`
	Observe      bool     `json:"observe" doc:"nothing is pushed"`
	Warm         bool     `json:"warm" doc:"sums are pushed: the warm-up is over"`
	WarmLeftMS   *int64   `json:"warm_left_ms" doc:"how long the warm-up may last"`
	WarmHeard    int      `json:"warm_heard" doc:"members that have given a lesson since our start"`
	WarmExpected int      `json:"warm_expected" doc:"members that the configuration names"`
	Shard        *string  `json:"shard" doc:"1/3, as the configuration has it"`
	Misplaced    *uint64  `json:"misplaced" doc:"with shard: updates for keys of other shards"`
	MaxPeers     *int     `json:"max_peers" doc:"with dynamic-peers: how many there may be"`
	Levels       []Level  `json:"levels" doc:"those that there are, from above to below"`
	Peers        []Peer   `json:"peers" doc:"in the order of the configuration, dynamic ones behind them"`
}

// Level is one level of the topology as we see it.
type Level struct {
	Role   string  `json:"role" enum:"up,us,node,down"`
	Groups []Group `json:"groups"`
}

// Group is peers that are replicas of each other, or those of a level that are in no group.
type Group struct {
	Group  string   `json:"group" doc:"its name; empty for those that are in none"`
	Leader *string  `json:"leader" doc:"who counts of it, if that is the same one in all tables"`
	Peers  []string `json:"peers"`
}

func (s *Server) topology(w http.ResponseWriter, r *http.Request) error {
	s.answer(w, r, http.StatusOK, s.topologyOf(s.snaps.take()))
	return nil
}

func (s *Server) topologyOf(now *snapshot) Topology {
	t := Topology{Sections: []Section{}}
	for i := range now.sections {
		t.Sections = append(t.Sections, sectionOf(now, &now.sections[i]))
	}
	return t
}

func sectionOf(now *snapshot, v *view.Section) Section {
	s := Section{ID: v.ID, Name: v.Name, Addr: given(v.Addr), Binds: list(v.Binds), Rules: v.Rules, Observe: v.Observe, Warm: v.Warm,
		WarmHeard: v.WarmHeard, WarmExpected: v.WarmExpected, Shard: given(v.Shard), MaxPeers: given(v.MaxPeers), Levels: levelsOf(v), Peers: peersOf(now, v)}
	if v.Shard != "" {
		s.Misplaced = &v.Misplaced
	}
	if !v.Warm && !v.WarmAt.IsZero() {
		left := millis(max(0, v.WarmAt.Sub(now.at)).Round(time.Millisecond))
		s.WarmLeftMS = &left
	}
	return s
}

// levelsOf are the levels, each with its peers by group.
func levelsOf(v *view.Section) []Level {
	us := Level{Role: "us", Groups: []Group{{Peers: []string{v.Name}}}}
	levels := []Level{}
	for _, role := range []string{"up", "us", "node", "down"} {
		l := Level{Role: role}
		if role == "us" {
			l = us
		}
		for i := range v.Peers {
			if p := &v.Peers[i]; p.Role == role {
				l.add(v, p)
			}
		}
		if len(l.Groups) > 0 {
			levels = append(levels, l)
		}
	}
	return levels
}

func (l *Level) add(v *view.Section, p *view.Peer) {
	i := slices.IndexFunc(l.Groups, func(g Group) bool { return g.Group == p.Group })
	if i < 0 {
		i = len(l.Groups)
		l.Groups = append(l.Groups, Group{Group: p.Group, Leader: leaderOf(v, l.Role, p.Group)})
	}
	l.Groups[i].Peers = append(l.Groups[i].Peers, p.Name)
}

// leaderOf is who leads a group in all tables that it feeds; nil if that is nobody, or several. Peers
// above us that are in no group are one all the same, others are not.
func leaderOf(v *view.Section, role, group string) *string {
	if group == "" && role != "up" {
		return nil
	}
	leader := ""
	for i := range v.Tables {
		for _, l := range v.Tables[i].Leads {
			switch {
			case l.Group != group:
			case l.Peer == "" || leader != "" && l.Peer != leader:
				return nil
			default:
				leader = l.Peer
			}
		}
	}
	return given(leader)
}

package web

import (
	"net/http"

	"tallystick/internal/explain"
	"tallystick/internal/view"
)

// Peers are the peers of all sections, or of one.
type Peers struct {
	Peers []Peer `json:"peers"`
}

// Peer is one peer and its present or last session. Counters are since our start, over all sessions.
type Peer struct {
	Section        string     `json:"section"`
	Name           string     `json:"name"`
	Role           string     `json:"role" enum:"node,up,down"`
	Group          *string    `json:"group"`
	Dynamic        bool       `json:"dynamic" doc:"no line of the configuration names it"`
	Disabled       bool       `json:"disabled" doc:"by an operator"`
	State          string     `json:"state" enum:"up,learning,connecting,down,disabled,never" doc:"learning: up, and giving us a lesson; never: it has not been here since our start"`
	Since          *Stamp     `json:"since" doc:"when its session came or went; our start if it never was here"`
	Remote         *string    `json:"remote" doc:"the other end of the present or last session"`
	Addr           *string    `json:"addr" doc:"where it is called; null if it only calls"`
	TLS            *string    `json:"tls" doc:"version of TLS; null for plain text"`
	CertNames      []string   `json:"cert_names" nullable:"true" doc:"names in the certificate that it has shown; null if it showed none"`
	Minor          int        `json:"minor" doc:"the protocol is 2.minor"`
	PID            *string    `json:"pid" doc:"process id that it gave in its last hello"`
	LastStatus     *int       `json:"last_status" doc:"status of the last handshake; 200 is good"`
	Learned        bool       `json:"learned" doc:"it has given us a lesson in this session"`
	Lesson         Lessons    `json:"lesson"`
	UpdatesIn      uint64     `json:"updates_in"`
	UpdatesOut     uint64     `json:"updates_out"`
	BytesIn        uint64     `json:"bytes_in"`
	BytesOut       uint64     `json:"bytes_out"`
	UpdatesInRate  *float64   `json:"updates_in_rate" doc:"a second, lately; null if that has not been measured yet"`
	UpdatesOutRate *float64   `json:"updates_out_rate"`
	Sessions       uint64     `json:"sessions"`
	Drops          uint64     `json:"drops" doc:"sessions that ended"`
	ProtocolErrors uint64     `json:"protocol_errors"`
	AcksBehind     uint64     `json:"acks_behind" doc:"changes that were sent to it and that it has not acked"`
	Lanes          []Lane     `json:"lanes" doc:"its source tables"`
	Error          *PeerError `json:"error" doc:"its last protocol error"`
}

// Lessons are the lessons that are being given now.
type Lessons struct {
	FromPeer *LessonIn  `json:"from_peer"`
	ToPeer   *LessonOut `json:"to_peer"`
}

// LessonIn is a lesson that the peer gives us.
type LessonIn struct {
	Running bool   `json:"running"`
	Rows    uint64 `json:"rows" doc:"that have come so far"`
}

// LessonOut is a lesson that we give.
type LessonOut struct {
	Running bool   `json:"running"`
	Sent    uint64 `json:"sent" doc:"rows so far"`
	Total   *int64 `json:"total" doc:"rows that there are, about"`
}

// Lane is one source table of a peer.
type Lane struct {
	Name    string  `json:"name" doc:"at the peer"`
	Target  string  `json:"target" doc:"the table that it feeds"`
	Entries int64   `json:"entries"`
	Counts  bool    `json:"counts" doc:"its shares are in the sums"`
	Why     *string `json:"why" doc:"why they are not"`
}

// PeerError is a fault of a peer that ended its session.
type PeerError struct {
	At   *Stamp `json:"at"`
	Text string `json:"text"`
}

func (s *Server) peers(w http.ResponseWriter, r *http.Request) error {
	now := s.snaps.take()
	sections, err := now.some(r.FormValue("section"))
	if err != nil {
		return err
	}
	v := Peers{Peers: []Peer{}}
	for i := range sections {
		v.Peers = append(v.Peers, peersOf(now, &sections[i])...)
	}
	s.answer(w, r, http.StatusOK, v)
	return nil
}

func peersOf(now *snapshot, s *view.Section) []Peer {
	behind := map[string]uint64{}
	for i := range s.Tables {
		for j := range s.Tables[i].Receivers {
			to := &s.Tables[i].Receivers[j]
			behind[to.Peer] += uint64(to.Unacked())
		}
	}
	peers := []Peer{}
	for i := range s.Peers {
		p := peerOf(s, &s.Peers[i])
		p.AcksBehind = behind[p.Name]
		if rate, ok := now.rates[peerID{s.ID, p.Name}]; ok {
			in, out := rounded(rate.in), rounded(rate.out)
			p.UpdatesInRate, p.UpdatesOutRate = &in, &out
		}
		peers = append(peers, p)
	}
	return peers
}

func peerOf(s *view.Section, v *view.Peer) Peer {
	p := Peer{Section: s.ID, Name: v.Name, Role: v.Role, Group: given(v.Group), Dynamic: v.Dynamic, Disabled: v.Disabled, State: stateOf(v), Since: stamp(v.Changed),
		Remote: given(v.Remote), Addr: given(v.Addr), TLS: given(v.TLS), CertNames: v.CertNames, Minor: v.Minor, PID: given(v.PID), LastStatus: given(v.LastStatus),
		Learned: v.LessonDone, UpdatesIn: v.UpdatesIn, UpdatesOut: v.UpdatesOut, BytesIn: v.BytesIn, BytesOut: v.BytesOut,
		Sessions: v.Sessions, Drops: v.Drops, ProtocolErrors: v.ProtocolErrors, Lanes: []Lane{}}
	if v.Learning.Running {
		p.Lesson.FromPeer = &LessonIn{true, v.Learning.Rows}
	}
	if v.Teaching.Running {
		p.Lesson.ToPeer = &LessonOut{true, v.Teaching.Rows, given(v.Teaching.Total)}
	}
	for i := range v.Lanes {
		l := &v.Lanes[i]
		p.Lanes = append(p.Lanes, Lane{l.Name, l.Target, l.Shares, l.Counts(), whyNot(s, v, l)})
	}
	if v.Error != nil {
		p.Error = &PeerError{stamp(v.Error.Time), v.Error.Text}
	}
	return p
}

// stateOf is the state of a peer in a word.
func stateOf(p *view.Peer) string {
	switch {
	case p.Disabled:
		return "disabled"
	case p.Established && p.Learning.Running:
		return "learning"
	case p.Established:
		return "up"
	case p.Calling:
		return "connecting"
	case p.Handshake.IsZero():
		return "never"
	}
	return "down"
}

// whyNot is why a lane does not count, nil if it does.
func whyNot(s *view.Section, p *view.Peer, l *view.Lane) *string {
	switch {
	case l.SetAside != "":
		return given("set aside: " + l.SetAside)
	case l.Standby:
		for i := range s.Tables {
			if t := &s.Tables[i]; t.Target == l.Target {
				return given("stands by: " + explain.Leads(t, p.Group))
			}
		}
		return given("stands by")
	}
	return nil
}

package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tallystick/internal/view"
)

// showPeers: "show peers [ID]" in the shape of HAProxy's, with its field names where it
// has the thing, and ours behind them. Pointers and flags it has; we have none.
func showPeers(r *request) error {
	sections := r.backend.Sections()
	if len(r.args) == 1 {
		s, err := r.section(r.args[0], 0)
		if err != nil {
			return err
		}
		sections = []view.Section{*s}
	}
	now := r.client.server.config.Now()
	for _, s := range sections {
		r.printf("%s id=%s local=%s warm=%d observe=%d resync_timeout=%s%s\n", now.Format("[02/Jan/2006:15:04:05]"),
			oneWord(s.ID), oneWord(s.Name), asInt(s.Warm), asInt(s.Observe), r.until(s.WarmAt), more(&s))
		x := indexOf(&s)
		for i := range s.Peers {
			if r.peer(x, &s.Peers[i]); !r.spill() {
				break
			}
		}
	}
	return nil
}

// field is " name=value", or nothing where there is nothing to say: fields that few sections
// and peers need are not in the way of all others.
func field(name, value string) string {
	if value == "" {
		return ""
	}
	return " " + name + "=" + value
}

func words(list []string) string { return strings.Join(escaped(list), ",") }

// more is what the line of a section ends with.
func more(s *view.Section) string {
	text := field("binds", words(s.Binds))
	if s.MaxPeers > 0 {
		text += fmt.Sprintf(" max_peers=%d", s.MaxPeers)
	}
	if s.Shard != "" {
		text += fmt.Sprintf(" shard=%s misplaced=%d", oneWord(s.Shard), s.Misplaced)
	}
	return text
}

func (r *request) peer(x *index, p *view.Peer) {
	active := "active"
	if p.Disabled {
		active = "inactive"
	}
	r.printf("  id=%s(remote,%s) addr=%s role=%s group=%s dynamic=%d last_status=%s last_hdshk=%s\n", oneWord(p.Name), active,
		orNone(p.Addr), p.Role, orNone(p.Group), asInt(p.Dynamic), lastStatus(p), r.age(p.Handshake))
	r.printf("        reconnect=%s heartbeat=%s confirm=%d tx_hbt=%d rx_hbt=%d no_hbt=%d new_conn=%d proto_err=%d coll=%d\n",
		r.until(p.Reconnect), r.until(p.Heartbeat), p.Finishes-min(p.Finishes, p.Confirms), p.HeartbeatsOut, p.HeartbeatsIn, p.Silences,
		p.Accepts+p.Connects, p.ProtocolErrors, p.Collisions)
	r.printf("        state=%s remote=%s pid=%s proto=2.%d learned=%d lost=%d\n", sessionState(p), orNone(p.Remote), orNone(p.PID),
		p.Minor, asInt(p.LessonDone), p.Drops)
	r.printf("        rx_msgs=%d tx_msgs=%d rx_updates=%d tx_updates=%d rx_bytes=%d tx_bytes=%d\n",
		p.MessagesIn, p.MessagesOut, p.UpdatesIn, p.UpdatesOut, p.BytesIn, p.BytesOut)
	if line := x.extras(p); line != "" {
		r.printf("       %s\n", line)
	}
	r.printf("        shared tables:\n")
	for i := range p.Lanes {
		r.lane(&p.Lanes[i])
	}
	for _, to := range x.receives[p.Name] {
		r.receiver(to)
	}
}

// extras is the line of a peer that has TLS, a group and the like. Versions are written as
// HAProxy's fetches have them, TLSv1.3.
func (x *index) extras(p *view.Peer) string {
	text := field("tls", oneWord(strings.Replace(p.TLS, " ", "v", 1))) + field("cert", words(p.CertNames)) +
		field("bind", oneWord(p.Bind)) + field("allow", words(p.Allow))
	var idle []string
	for _, l := range p.Lanes {
		if l.Standby && !slices.Contains(idle, l.Target) {
			idle = append(idle, l.Target)
		}
	}
	return text + field("leads", words(x.led[p.Name])) + field("stands_by", words(idle))
}

func (r *request) lane(l *view.Lane) {
	standby := ""
	if l.Standby {
		standby = " standby=1"
	}
	r.printf("          id=%s feeds=%s entries=%d last_get=%d%s\n              %s\n",
		oneWord(l.Name), oneWord(l.Target), l.Shares, l.LastGot, standby, l.Schema)
	if l.SetAside != "" {
		r.printf("              set aside: %s\n", oneLine(l.SetAside))
	}
}

func (r *request) receiver(to reception) {
	r.printf("          id=%s last_acked=%d last_pushed=%d teaching_origin=%d update=%d\n",
		oneWord(to.table.Target), to.Acked, to.Pushed, to.Synced, to.table.Update)
	if to.NotTo != "" {
		r.printf("              not sent: %s\n", oneLine(to.NotTo))
	}
}

// lastStatus is HAProxy's word for the last handshake. ESTA is the word that the vendor's
// page tells to look for, so it stands for a session that lives, not for one that did.
func lastStatus(p *view.Peer) string {
	switch {
	case p.Established:
		return "ESTA"
	case p.Calling:
		return "CONN"
	}
	switch p.LastStatus {
	case 0, 200:
		return "NONE"
	case 300:
		return "RETR"
	case 501:
		return "PROT"
	case 502:
		return "VERS"
	case 503:
		return "NAME"
	case 504:
		return "UNKN"
	}
	return strconv.Itoa(p.LastStatus)
}

// sessionState is HAProxy's "state", of which EST is the good one.
func sessionState(p *view.Peer) string {
	switch {
	case p.Disabled:
		return "DIS"
	case p.Established:
		return "EST"
	case p.Calling:
		return "CON"
	}
	return "NONE"
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return oneWord(s)
}

package cli

import (
	"fmt"

	"tallystick/internal/view"
)

// peerLine draws one peer: what it is first, what is behind it then.
func (r *request) peerLine(x *index, b *branch, p *view.Peer) {
	text := oneWord(p.Name) + ": " + r.peerState(p)
	if p.Dynamic {
		text += ", dynamic"
	}
	b.add("%s%s", text, x.peerLeads(p))
}

func (r *request) peerState(p *view.Peer) string {
	switch {
	case p.Disabled:
		return "disabled"
	case p.Established:
		return fmt.Sprintf("up %s, %s, protocol 2.%d%s%s", r.age(p.Changed), orNone(p.Remote), p.Minor, inTLS(p), lesson(p))
	case p.Handshake.IsZero():
		return "never seen" + r.nextCall(p)
	}
	return fmt.Sprintf("down %s%s", r.age(p.Changed), r.nextCall(p))
}

func inTLS(p *view.Peer) string {
	if p.TLS == "" {
		return ""
	}
	return ", " + oneLine(p.TLS)
}

// lesson tells whether we know what a peer has. Until it has told, its share may be missing.
func lesson(p *view.Peer) string {
	switch {
	case p.LessonDone:
		return ", learned"
	case p.LessonAsked:
		return ", learning"
	}
	return ", not learned"
}

// nextCall tells what is done about a peer that is not there, and what it said when it last was.
func (r *request) nextCall(p *view.Peer) string {
	text := ""
	if status := p.Refuses(); status != "" {
		text = ", last " + status
	}
	switch {
	case p.Calling:
		return text + ", calling " + orNone(p.Addr)
	case p.Reconnect.After(r.client.server.config.Now()):
		return text + ", is called in " + r.until(p.Reconnect)
	}
	return text
}

// peerLeads tells what a member is to its group: of a peer that is in none, nothing.
func (x *index) peerLeads(p *view.Peer) string {
	led := x.led[p.Name]
	switch contested := x.contested[p.Group]; {
	case len(contested) == 0:
		return ""
	case len(led) == len(contested):
		return ", leads"
	case len(led) > 0:
		return ", leads " + some(escaped(led))
	case p.StandsBy():
		return ", stands by"
	}
	return ""
}

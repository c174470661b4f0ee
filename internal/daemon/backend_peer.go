package daemon

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"tallystick/internal/node"
	"tallystick/internal/session"
	"tallystick/internal/view"
)

// peerOf describes one peer and its present session.
func peerOf(v *node.PeerView, start time.Time) view.Peer {
	s := &v.Session
	p := view.Peer{
		Name: v.Name, Role: v.Role.String(), Group: v.Group, Dynamic: v.Dynamic, TLS: v.TLS, CertNames: v.CertNames, Allow: v.Allow, Addr: v.Addr, Remote: v.Remote, Disabled: v.Disabled,
		Established: v.Established, Calling: v.Connected && !v.Established, Minor: s.Minor, PID: v.Process,
		LastStatus: v.LastStatus, Handshake: v.LastSession, Changed: v.Since,
		Accepts: uint64(v.Accepted), Accepted: v.LastAccepted, Connects: uint64(v.Called), Connected: v.LastCalled,
		LessonAsked: s.LessonsAsked > 0, LessonDone: s.Learnt, Sessions: uint64(v.Sessions),
		Learning: view.Lesson{Running: v.Established && s.Pupil == "learning", Rows: s.LessonRows},
		Teaching: view.Lesson{Running: v.Established && s.Teacher == "teaching", Rows: s.TaughtRows},
		Requests: s.RequestsIn, Finishes: s.FinishedOut + s.PartialsOut, Confirms: s.ConfirmsIn,
		HeartbeatsIn: s.HeartbeatsIn, HeartbeatsOut: s.HeartbeatsOut, Silences: uint64(v.Silences),
		ProtocolErrors: uint64(v.ProtocolErrors), Collisions: uint64(v.Replaced), Drops: uint64(v.Lost),
		MessagesIn: s.MessagesIn, MessagesOut: s.MessagesOut, UpdatesIn: s.UpdatesIn, UpdatesOut: s.UpdatesOut,
		BytesIn: s.BytesIn, BytesOut: s.BytesOut,
	}
	if p.Changed.IsZero() {
		p.Changed = start
	}
	if !s.LastSent.IsZero() {
		p.Heartbeat = s.LastSent.Add(2500 * time.Millisecond)
	}
	for _, l := range v.Lanes {
		p.Lanes = append(p.Lanes, view.Lane{Name: l.Name, Target: l.Target, Schema: l.Schema, Shares: int64(l.Contributions), LastGot: l.LastID, SetAside: l.SetAside, Standby: l.Standby})
	}
	slices.SortFunc(p.Lanes, func(a, b view.Lane) int { return cmp.Compare(a.Name, b.Name) })
	announcedOf(&p, v)
	p.Error = faultOf(v.Fault)
	return p
}

// faultOf is a peer's last protocol error.
func faultOf(f *node.Fault) *view.ProtocolError {
	if f == nil {
		return nil
	}
	e := &view.ProtocolError{Time: f.When, Text: f.Err.Error(), Offset: -1}
	var fault *session.Error
	if errors.As(f.Err, &fault) {
		e.Text, e.Bytes, e.Offset = fault.What, fault.Message, fault.At
		e.At = uint64(max(0, fault.Offset-int64(fault.At)))
	}
	return e
}

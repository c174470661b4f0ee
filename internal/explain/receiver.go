package explain

import (
	"fmt"
	"slices"

	"tallystick/internal/query"
	"tallystick/internal/stick"
	"tallystick/internal/view"
)

// receivers explains who was told of the sum, and what each should read.
func (x *Explanation) receivers(s *view.Section, t *view.Table, e *view.Entry, reach []view.Reach) {
	for i := range s.Peers {
		p := &s.Peers[i]
		r := Receiver{Peer: p.Name, Role: p.Role}
		if r.Why = excluded(s, t, p); r.Why == "" {
			x.reached(&r, s, t, e, p, reach)
		}
		x.Receivers = append(x.Receivers, r)
	}
}

// excluded says why a peer is never told of the table, if the configuration wants it so.
func excluded(s *view.Section, t *view.Table, p *view.Peer) string {
	switch {
	case p.Role == "up" && t.Forwarded:
		return "it is above us: what comes from above is not sent up again"
	case p.Role == "up" && s.NoAscend:
		return "no-ascend: sums are not sent up"
	case p.Role != "up" && !t.Forwarded && s.NoFeedback:
		return "no-feedback: sums are only sent up"
	case s.Observe:
		return "mode observe: nothing is pushed"
	}
	return ""
}

// reached explains a peer that is to be told.
func (x *Explanation) reached(r *Receiver, s *view.Section, t *view.Table, e *view.Entry, p *view.Peer, reach []view.Reach) {
	to := receiver(t, p.Name)
	at := slices.IndexFunc(reach, func(o view.Reach) bool { return o.Peer == p.Name })
	if at >= 0 {
		r.Pushed, r.Acked, r.Unknown = reach[at].Pushed, reach[at].Acked, !reach[at].Known
	}
	long := at >= 0 && reach[at].TooLong
	switch {
	case to != nil && to.NotTo != "":
		r.Why = to.NotTo
	case p.Disabled:
		r.Why = "disabled by an operator"
	case !p.Established:
		r.Why = "it has no session: it is told when it comes again"
	case to == nil || to.Schema == nil:
		r.Why = "it has not announced " + t.Target + ", so it cannot be told"
	case long:
		r.Why = fmt.Sprintf("the key is longer than its table can hold (len %d)", to.Schema.KeyLen-1)
	case !x.Counts:
		r.Why = "nothing counts, so there is nothing to tell"
	case !s.Warm && !t.Forwarded:
		r.Why = "we warm up: it is told when every member has been heard, or when the time is over"
	default:
		r.Should = should(e, to.Schema)
		r.Why = underway(r)
	}
	if r.Why != "" && r.Should == nil {
		r.Pushed, r.Acked, r.Unknown = false, false, false
	}
}

// underway says why a peer may not read the newest sum yet.
func underway(r *Receiver) string {
	switch {
	case r.Unknown:
		return "it is catching up: whether it has this key already is not known"
	case !r.Pushed:
		return "the newest change is not sent yet"
	}
	return ""
}

func receiver(t *view.Table, name string) *view.Receiver {
	if i := slices.IndexFunc(t.Receivers, func(r view.Receiver) bool { return r.Peer == name }); i >= 0 {
		return &t.Receivers[i]
	}
	return nil
}

// should is the sum as a peer holds it: the columns that it has, of the same period, and the elements of
// arrays that both have.
func should(e *view.Entry, own *stick.Schema) []Should {
	list := []Should{}
	all := query.Cells(e.Schema)
	for _, c := range query.Cells(own) {
		x := Should{Name: c.Name()}
		i := slices.IndexFunc(all, func(o query.Cell) bool { return o.Column.Type == c.Column.Type && o.Element == c.Element })
		switch {
		case i < 0:
			x.Why = "no source has it"
		case all[i].Column.Period != c.Column.Period:
			x.Why = fmt.Sprintf("its period is %s, the sources' %s", stick.FormatMillis(c.Column.Period), stick.FormatMillis(all[i].Column.Period))
		default:
			v := valueOf(all[i], &e.Sum)
			x.Value = &v
			if c.Column.Type == stick.ConnCur {
				x.Why = "HAProxy 2.5 to 3.1 keep their own; 3.2 and later need recv-only"
			}
		}
		list = append(list, x)
	}
	return list
}

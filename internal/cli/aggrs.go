package cli

import "tallystick/internal/view"

// aggrsState is what both products print of a session: 0x7 where it is established.
func aggrsState(p *view.Peer) uint32 {
	if p.Established {
		return 0x7
	}
	return 0xffffffff
}

// syncState has 0x1 once we have asked for a lesson in this session and 0x2 once it has
// been given: 0x3 as the newer product shows a healthy node.
func syncState(p *view.Peer) (bits uint32) {
	if p.LessonAsked {
		bits |= 0x1
	}
	if p.LessonDone {
		bits |= 0x2
	}
	return bits
}

// showAggrs prints the lines of the older and of the newer product, so that scripts for
// either find theirs. The times behind "last" are ms since then. What neither of them has,
// relayed tables and groups, has lines of its own.
func showAggrs(r *request) error {
	for _, s := range r.backend.Sections() {
		r.printf("aggregations %s\n", oneWord(s.ID))
		if s.Observe { // a line of its own, which scripts for the products do not look for
			r.printf("  observing: nothing is pushed\n")
		}
		x := indexOf(&s)
		for i := range s.Peers {
			r.aggrsPeer(i, &s.Peers[i])
		}
		for i := range s.Tables {
			r.aggrsTable(x, &s.Tables[i])
		}
	}
	return nil
}

func (r *request) aggrsPeer(i int, p *view.Peer) {
	ok := 0
	if p.LessonDone {
		ok = 1
	}
	r.printf("  peer '%s'(%d) sync_ok: %d accept: %d(last: %d) connect: %d(last: %d) state: %#x sync_state: %#x\n",
		oneWord(p.Name), i, ok, p.Accepts, r.since(p.Accepted), p.Connects, r.since(p.Connected), aggrsState(p), syncState(p))
	r.printf("    sync_req_cnt: %d sync_fin_cnt: %d sync_cfm_cnt: %d\n", p.Requests, p.Finishes, p.Confirms)
	r.spill()
}

func (r *request) aggrsTable(x *index, t *view.Table) {
	r.printf("  table %s (expire: %d nb_entries: %d)\n", x.becomes(t), t.Schema.Expire, t.Rows)
	r.printf("    update: %#08x used: %#08x\n", t.Update, t.Used)
	for _, to := range t.Receivers {
		i, ok := x.place[to.Peer]
		if !ok {
			continue // it went between two looks
		}
		r.printf("    peer '%s' (%d) state: %#x push: %#08x ack: %#08x sync: %#08x\n",
			oneWord(to.Peer), i, aggrsState(&x.Peers[i]), to.Pushed, to.Acked, to.Synced)
		if x.Observe {
			r.printf("      withheld: %d agree: %d differ: %d\n", to.Withheld, to.Agree, to.Differ)
		}
		r.spill() // there may be thousands of them
	}
	for _, l := range x.leads(t) {
		r.aggrsGroup(x, t, &l)
	}
}

// becomes tells what a table is made of, in the products' words where they have any.
func (x *index) becomes(t *view.Table) string {
	if !t.Forwarded {
		return quoted(t.Sources) + " aggregated to '" + oneWord(t.Target) + "'"
	}
	from := quoted(x.sources(t, func(l laneOf) bool { return l.SetAside == "" }))
	if from == "" {
		from = "nobody"
	}
	return "'" + oneWord(t.Target) + "' forwarded from " + from
}

// aggrsGroup prints a group that feeds a table, and a line for each member that does not see
// what its leader sees.
func (r *request) aggrsGroup(x *index, t *view.Table, l *view.Lead) {
	name, leader := "-", "-"
	if l.Group != "" {
		name = "'" + oneWord(l.Group) + "'"
	}
	if l.Peer != "" {
		leader = "'" + oneWord(l.Peer) + "'"
	}
	var members []string
	for _, p := range x.members(t, l.Group) {
		members = append(members, p.Name)
	}
	r.printf("    group %s leader %s members %s\n", name, leader, quoted(members))
	for i := range l.Disagreements {
		d := &l.Disagreements[i]
		r.printf("    group %s leader %s disagree: '%s' %s\n", name, leader, oneWord(d.Member), r.disagreement(t, d))
		r.spill()
	}
	r.spill()
}

package cli

import "strings"

// state is what both products print of a session: 0x7 where it is established.
func (p *Peer) state() uint32 {
	if p.Established {
		return 0x7
	}
	return 0xffffffff
}

// syncState has 0x1 once we have asked for a lesson in this session and 0x2 once it has
// been given: 0x3 as the newer product shows a healthy node.
func (p *Peer) syncState() (bits uint32) {
	if p.LessonAsked {
		bits |= 0x1
	}
	if p.LessonDone {
		bits |= 0x2
	}
	return bits
}

// showAggrs prints the lines of the older and of the newer product, so that scripts for
// either find theirs. The times behind "last" are ms since then.
func showAggrs(r *request) error {
	for _, s := range r.backend.Sections() {
		r.printf("aggregations %s\n", oneWord(s.ID))
		index := map[string]int{}
		for i := range s.Peers {
			index[s.Peers[i].Name] = i
			r.aggrsPeer(i, &s.Peers[i])
		}
		for i := range s.Tables {
			r.aggrsTable(&s, &s.Tables[i], index)
		}
	}
	return nil
}

func (r *request) aggrsPeer(i int, p *Peer) {
	ok := 0
	if p.LessonDone {
		ok = 1
	}
	r.printf("  peer '%s'(%d) sync_ok: %d accept: %d(last: %d) connect: %d(last: %d) state: %#x sync_state: %#x\n",
		oneWord(p.Name), i, ok, p.Accepts, r.since(p.Accepted), p.Connects, r.since(p.Connected), p.state(), p.syncState())
	r.printf("    sync_req_cnt: %d sync_fin_cnt: %d sync_cfm_cnt: %d\n", p.Requests, p.Finishes, p.Confirms)
	r.spill()
}

func (r *request) aggrsTable(s *Section, t *Table, index map[string]int) {
	var sources []string
	for _, name := range t.Sources {
		sources = append(sources, "'"+oneWord(name)+"'")
	}
	r.printf("  table %s aggregated to '%s' (expire: %d nb_entries: %d)\n",
		strings.Join(sources, ","), oneWord(t.Target), t.Schema.Expire, t.Rows)
	r.printf("    update: %#08x used: %#08x\n", t.Update, t.Used)
	for _, to := range t.Receivers {
		i, ok := index[to.Peer]
		if !ok {
			continue // it went between two looks
		}
		r.printf("    peer '%s' (%d) state: %#x push: %#08x ack: %#08x sync: %#08x\n",
			oneWord(to.Peer), i, s.Peers[i].state(), to.Pushed, to.Acked, to.Synced)
	}
	r.spill()
}

package cli

import (
	"strconv"
	"strings"
	"time"

	"tallystick/internal/view"
)

// statColumns is the head line of HAProxy's "show stat" (2.4 to 3.2, up to where modules
// add their own). Programs find columns by these names, hatop by their places.
const statColumns = "pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status," +
	"weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max," +
	"check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate," +
	"req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,rtime," +
	"ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,agent_rise," +
	"agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,wrew,connect," +
	"reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,idle_conn_cur," +
	"safe_conn_cur,used_conn_cur,need_conn_est,uweight"

// The numbers of the type column, and the bits of the filter's second word.
const (
	typeFrontend = 0
	typeBackend  = 1
	typeServer   = 2
)

// statFilter is "<iid|id> <type> <sid>"; -1 is any.
type statFilter struct {
	iid, types, sid int
	id              string // instead of iid
}

// showStat shows each section as a proxy, whose frontend is what peers call and whose
// servers are the peers: "show stat [{<iid>|<id>} <type> <sid>]".
func showStat(r *request) error {
	f, err := r.statFilter()
	if err != nil {
		return err
	}
	r.printf("# %s,\n", statColumns)
	for i, s := range r.backend.Sections() {
		// As in HAProxy the numbers begin with 1.
		if iid := i + 1; f.iid == iid || f.iid < 0 && (f.id == "" || f.id == s.ID) {
			r.statSection(iid, &s, f)
		}
	}
	return nil
}

func (r *request) statFilter() (statFilter, error) {
	f := statFilter{iid: -1, types: -1, sid: -1}
	if len(r.args) == 0 {
		return f, nil
	}
	if len(r.args) < 3 {
		return f, r.usage()
	}
	var err error
	if f.iid, err = strconv.Atoi(r.args[0]); err != nil {
		f.iid, f.id = -1, r.args[0]
		if _, err := r.section(r.args[0], 0); err != nil {
			return f, err
		}
	}
	for n, to := range []*int{&f.types, &f.sid} {
		if *to, err = strconv.Atoi(r.args[n+1]); err != nil {
			return f, refuse("Require a number, not '%s' (word %d)", oneWord(r.args[n+1]), r.position(n+1))
		}
	}
	return f, nil
}

// wants reports whether a line passes the last two words of the filter.
func (f statFilter) wants(kind, sid int) bool {
	return f.types&(1<<kind) != 0 && (f.sid < 0 || f.sid == sid)
}

func (r *request) statSection(iid int, s *view.Section, f statFilter) {
	sum := sumPeers(s)
	line := func(kind, sid int, service string, fill func(statLine)) {
		if !f.wants(kind, sid) {
			return
		}
		l := statLine{"pxname": oneWord(s.ID), "svname": service, "mode": "tcp", "pid": "1"}
		l.number("iid", uint64(iid)).number("sid", uint64(sid)).number("type", uint64(kind))
		fill(l)
		r.buf = l.appendTo(r.buf)
		r.spill()
	}
	line(typeFrontend, 0, "FRONTEND", func(l statLine) {
		l["status"], l["addr"], l["check_desc"] = "OPEN", oneWord(s.Addr), sectionDesc(s)
		l.traffic(&sum.Peer, sum.established).number("slim", uint64(max(len(s.Peers), s.MaxPeers)))
	})
	for i := range s.Peers {
		p := &s.Peers[i]
		line(typeServer, i+1, oneWord(p.Name), func(l statLine) { r.statPeer(l, p) })
	}
	line(typeBackend, 0, "BACKEND", func(l statLine) {
		l["status"], l["check_desc"] = "DOWN", sectionDesc(s)
		if sum.established > 0 {
			l["status"] = "UP"
		}
		l.traffic(&sum.Peer, sum.established).number("weight", sum.established).number("act", sum.established-sum.idle).number("bck", sum.idle)
		l.number("chkdown", sum.Drops).number("lastchg", uint64(r.since(sum.Changed)/1000)).number("lbtot", sum.UpdatesIn)
	})
}

// sectionDesc is in a word what a section does, where that is not the usual.
func sectionDesc(s *view.Section) string {
	if s.Observe {
		return "observing"
	}
	return ""
}

func (r *request) statPeer(l statLine, p *view.Peer) {
	up := uint64(asInt(p.Established))
	l["status"] = serverStatus(p)
	l["addr"] = oneWord(p.Remote)
	l["check_desc"] = lastStatus(p)
	// Who stands by is what a backup server is to HAProxy.
	active, backup := asInt(!p.StandsBy() && !p.Disabled), asInt(p.StandsBy() && !p.Disabled)
	l.traffic(p, up).number("weight", 1).number("act", uint64(active)).number("bck", uint64(backup))
	l.number("chkfail", p.Silences).number("chkdown", p.Drops).number("lastchg", uint64(r.since(p.Changed)/1000))
	l.number("lbtot", p.UpdatesIn)
	if !p.Handshake.IsZero() {
		l.number("lastsess", uint64(r.since(p.Handshake)/1000))
	}
}

// serverStatus is HAProxy's word for a server in the state of the peer.
func serverStatus(p *view.Peer) string {
	switch {
	case p.Disabled:
		return "MAINT"
	case p.Established:
		return "UP"
	}
	return "DOWN"
}

// summed is what frontend and backend show: counters over all peers.
type summed struct {
	view.Peer
	established uint64
	idle        uint64 // of them, those that stand by
}

func sumPeers(s *view.Section) summed {
	var sum summed
	for i := range s.Peers {
		p := &s.Peers[i]
		sum.established += uint64(asInt(p.Established))
		sum.idle += uint64(asInt(p.Established && p.StandsBy()))
		sum.Accepts += p.Accepts
		sum.Connects += p.Connects
		sum.BytesIn += p.BytesIn
		sum.BytesOut += p.BytesOut
		sum.UpdatesIn += p.UpdatesIn
		sum.UpdatesOut += p.UpdatesOut
		sum.ProtocolErrors += p.ProtocolErrors
		sum.Drops += p.Drops
		sum.Changed = later(sum.Changed, p.Changed)
	}
	return sum
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// statLine is a line of the answer by the names of its columns. Others are empty, as
// HAProxy leaves what does not apply.
type statLine map[string]string

func (l statLine) number(column string, n uint64) statLine {
	l[column] = strconv.FormatUint(n, 10)
	return l
}

// traffic fills what all kinds of lines have. An update is what a request is to HAProxy.
func (l statLine) traffic(p *view.Peer, sessions uint64) statLine {
	l.number("scur", sessions).number("stot", p.Accepts+p.Connects).number("bin", p.BytesIn).number("bout", p.BytesOut)
	return l.number("ereq", p.ProtocolErrors).number("req_tot", p.UpdatesIn)
}

func (l statLine) appendTo(b []byte) []byte {
	for column := range strings.SplitSeq(statColumns, ",") {
		b = append(b, l[column]...)
		b = append(b, ',')
	}
	return append(b, '\n')
}

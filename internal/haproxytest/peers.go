package haproxytest

import (
	"fmt"
	"strconv"
	"strings"
)

// PeerState is what "show peers" says of one remote or local peer.
type PeerState struct {
	Name   string
	Local  bool
	Fields map[string]string     // "last_status", "proto_err", "no_hbt", "flags", ...; "section.flags" is the section's
	Tables map[string]TableState // by HAProxy's own name of the table
}

// TableState is what "show peers" says of a table shared with a peer.
type TableState struct {
	Fields map[string]string // towards the peer: "last_acked", "last_pushed", "last_get", "update" (last id acked to us), ...
	Table  map[string]string // of the table itself: "localupdate", "update"
}

// Peers is "show peers": states by the peers' names. With several peers sections the last one wins a name.
func (h *HAProxy) Peers() (map[string]PeerState, error) {
	answer, err := h.CLI("show peers")
	if err != nil {
		return nil, err
	}
	peers := ParsePeers(answer)
	if len(peers) == 0 {
		return nil, fmt.Errorf("show peers: %.200q", answer)
	}
	return peers, nil
}

// ParsePeers reads what "show peers" answers. Lines are told apart by what they start with, the depth of a
// field by the line that it stands on; dictionaries are passed over.
func ParsePeers(answer string) map[string]PeerState {
	peers := map[string]PeerState{}
	section := map[string]string{}
	var peer PeerState
	var table TableState
	for line := range strings.Lines(answer) {
		fields := fieldsOf(line)
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "0x"):
			section = fields
		case strings.HasPrefix(line, "  0x"):
			peer = newPeerState(fields, section)
			peers[peer.Name] = peer
			table = TableState{}
		case strings.HasPrefix(text, "0x"):
			table = TableState{Fields: fields}
		case strings.HasPrefix(text, "last_acked="):
			merge(table.Fields, fields)
		case strings.HasPrefix(text, "table:0x"):
			table.Table = fields
			peer.Tables[fields["id"]] = table
		case peer.Fields != nil && table.Fields == nil:
			merge(peer.Fields, fields)
		}
	}
	return peers
}

// newPeerState takes the first line of a peer: "0x...: id=NAME(remote,active) addr=...".
func newPeerState(fields, section map[string]string) PeerState {
	name, kind, _ := strings.Cut(fields["id"], "(")
	p := PeerState{Name: name, Local: strings.HasPrefix(kind, "local"), Fields: fields, Tables: map[string]TableState{}}
	for k, v := range section {
		p.Fields["section."+k] = v
	}
	return p
}

func fieldsOf(line string) map[string]string {
	fields := map[string]string{}
	for _, word := range strings.Fields(line) {
		if name, value, ok := strings.Cut(word, "="); ok {
			fields[name] = value
		}
	}
	return fields
}

func merge(to, from map[string]string) {
	for k, v := range from {
		to[k] = v
	}
}

// Established reports, as an error, if there is no session with the peer.
func (p PeerState) Established() error {
	if p.Fields["last_status"] != "ESTA" || p.Fields["st0"] != "7" {
		return fmt.Errorf("peer %s: last_status=%s st0=%s", p.Name, p.Fields["last_status"], p.Fields["st0"])
	}
	return nil
}

// Learned reports, as an error, if the peer's section still waits for lessons: from the old process, then from
// a remote peer, 5 s each at most if none comes.
func (p PeerState) Learned() error {
	flags, err := strconv.ParseUint(p.Fields["section.flags"], 0, 64)
	if err == nil && flags&7 != 3 {
		err = fmt.Errorf("peers section is still learning: flags=%#x", flags)
	}
	return err
}

// Clean reports, as an error, what a healthy peer never does: to be out of step with the protocol, to miss
// heartbeats, to run into an own call of HAProxy, or to leave a confirmation undone.
func (p PeerState) Clean() error {
	for _, name := range []string{"proto_err", "no_hbt", "confirm"} {
		if p.Fields[name] != "0" {
			return fmt.Errorf("peer %s: %s=%s", p.Name, name, p.Fields[name])
		}
	}
	return p.Established()
}

// Heard reports, as an error, if the peer has not acknowledged all that HAProxy has to tell of a table.
func (p PeerState) Heard(table string) error {
	t, ok := p.Tables[local(table)]
	if !ok {
		return fmt.Errorf("peer %s: no table %s", p.Name, table)
	}
	if local := t.Table["localupdate"]; t.Fields["last_pushed"] != local || t.Fields["update"] != local {
		return fmt.Errorf("peer %s: table %s: localupdate=%s last_pushed=%s acked=%s", p.Name, table, local, t.Fields["last_pushed"], t.Fields["update"])
	}
	return nil
}

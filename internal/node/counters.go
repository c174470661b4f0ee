package node

import (
	"reflect"
	"sync/atomic"
)

// Counters count what happened since the start, for all sections. Safe for concurrent use.
type Counters struct {
	Accepted           atomic.Uint64 // connections accepted
	Called             atomic.Uint64 // calls made
	CallsFailed        atomic.Uint64 // calls that ended before a session
	Sessions           atomic.Uint64 // sessions established
	SessionsLost       atomic.Uint64 // sessions ended, whatever the reason
	Replaced           atomic.Uint64 // connections replaced by a newer one of the same name
	RefusedUnknown     atomic.Uint64 // hellos of a name that no line has
	RefusedSelf        atomic.Uint64 // hellos with our own name
	RefusedWrongName   atomic.Uint64 // hellos that called somebody else
	RefusedAddress     atomic.Uint64 // hellos of a live name from another address
	RefusedAllow       atomic.Uint64 // connections from an address that no allow has
	RefusedCertificate atomic.Uint64 // hellos whose certificate is not for the name
	RefusedDynamic     atomic.Uint64 // hellos of one dynamic peer too many
	BadHandshake       atomic.Uint64 // connections that did not come to speak TLS with us
	BadHello           atomic.Uint64 // hellos that are none
	LateHello          atomic.Uint64 // connections that did not say who they are in time
	StrangersEvicted   atomic.Uint64 // connections closed to make room for newer strangers
	ProtocolErrors     atomic.Uint64 // sessions ended by a malformed message
	Updates            atomic.Uint64 // updates taken from peers
	HeldBack           atomic.Uint64 // rows not taken because their owner may have lost its memory
	OwnRows            atomic.Uint64 // rows of our own tables, pushed by peers
	TablesRefused      atomic.Uint64 // tables beyond the limit of a peer or of the section
	TablesLooped       atomic.Uint64 // tables that have come back to us over other aggregators
	StrayKeys          atomic.Uint64 // looked-at keys that are not of our shard
	TooLongKeys        atomic.Uint64 // keys that a peer's table cannot hold
	Takeovers          atomic.Uint64 // times that another replica came to count
	Disputes           atomic.Uint64 // times that replicas began to disagree
	Reconfigured       atomic.Uint64 // times that a section was given another configuration
	Lessons            atomic.Uint64 // lessons that peers have given us
	Taught             atomic.Uint64 // lessons that we have given
	Withheld           atomic.Uint64 // updates that would have been pushed by sections that observe
	BansRefused        atomic.Uint64 // bans beyond the limit of a section
	Restored           atomic.Uint64 // peers that were taught their own values back
}

// Count is one counter by name.
type Count struct {
	Name  string // a word in CamelCase
	Value uint64
}

// List reads all counters.
func (c *Counters) List() []Count {
	var list []Count
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		list = append(list, Count{v.Type().Field(i).Name, v.Field(i).Addr().Interface().(*atomic.Uint64).Load()})
	}
	return list
}

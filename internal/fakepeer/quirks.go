package fakepeer

import "time"

// Quirks are what differs between versions of HAProxy. The zero value is one of 2.6 to 3.2.
type Quirks struct {
	OriginCounter   bool // up to 2.2: after a lesson only what changed since its request is pushed; acks count during it
	AsksAfterReload bool // up to 2.2: the peer is asked for a lesson after a reload too
	LearnsConnCur   bool // up to 2.4, and 3.2 on with recv-only
	NoHeartbeat     bool // 1.8: neither heartbeats nor dead peers
	AlwaysPartial   bool // up to 2.0.13: lessons never end with FINISHED
	NoIncremental   bool // no version: updates with their id only
	SwappedAcks     bool // from 3.3 on: ids of incremental updates are acked with swapped bytes
	SilentLearner   bool // from 3.3 on: nothing is acked while it learns
	NoAcks          bool // no version
}

// Version returns the quirks of the HAProxy branch, such as "2.2". Branches that are not
// listed have none.
func Version(branch string) Quirks {
	switch branch {
	case "1.8":
		return Quirks{OriginCounter: true, AsksAfterReload: true, LearnsConnCur: true, NoHeartbeat: true}
	case "2.0", "2.2":
		return Quirks{OriginCounter: true, AsksAfterReload: true, LearnsConnCur: true}
	case "2.4":
		return Quirks{LearnsConnCur: true}
	case "3.3", "3.4", "3.5":
		return Quirks{SwappedAcks: true, SilentLearner: true}
	}
	return Quirks{}
}

// Faults are what no HAProxy does by itself, but what happens to it.
type Faults struct {
	NoRead    bool          // what the peer says is left in the connection
	ReadDelay time.Duration // wait before each read, which then takes at most 64 bytes
	NoAnswer  bool          // requests of lessons are not heard
	NoConfirm bool          // nor are their ends confirmed
	NoBeat    bool          // no heartbeats are sent
	Twice     bool          // each update is pushed twice
}

package wire

import "tallystick/internal/stick"

// Batch is a run of ready update messages of one table, filled by a Sink's Pull for a
// session to send. The session owns it and passes it around; Buf is reused.
type Batch struct {
	// What the session asks for.
	Timed bool           // the peer speaks 2.1 and is sent lives
	Dict  *OutDictionary // the session's dictionary
	Limit int            // bytes wanted in Buf, about; at least one message if there is one

	// What the sink answers.
	Table   uint32        // our id of the table
	Schema  *stick.Schema // its definition as this peer shall see it, announced by the session when it differs from the last run's
	Define  bool          // the table is announced even if there is no update of it
	Updates int           // how many messages there are in Buf, if the sink knows; else 0
	Buf     []byte        // whole messages 0x80 or 0x85, with ids: per table from 1, without 0
}

package wire

import "encoding/binary"

// AppendAck appends the message that acknowledges every update of a table up to one.
// table is the id that the sender of the updates gave the table.
func AppendAck(b []byte, table, update uint32) []byte {
	b, start := begin(b, Ack)
	b = AppendVarint(b, uint64(table))
	return end(binary.BigEndian.AppendUint32(b, update), start)
}

// ParseAck reads the payload of an Ack.
func ParseAck(payload []byte) (table, update uint32, err error) {
	r := readPayload(payload)
	r.field("table id of an ack")
	table = r.varint32()
	r.field("update id of an ack")
	update = r.uint32()
	return table, update, r.err()
}

// AppendSwitch appends the message that selects a table defined before in this session.
func AppendSwitch(b []byte, table uint32) []byte {
	b, start := begin(b, Switch)
	return end(AppendVarint(b, uint64(table)), start)
}

// ParseSwitch reads the payload of a Switch.
func ParseSwitch(payload []byte) (table uint32, err error) {
	r := readPayload(payload)
	r.field("table id of a switch")
	table = r.varint32()
	return table, r.err()
}

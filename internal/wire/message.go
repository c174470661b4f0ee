package wire

// Message is one message, cut out of the stream.
type Message struct {
	Class   byte
	Type    byte
	Payload []byte // aliases the input; nil where the type has none
}

// maxLength is how many bytes the length of a payload may take: HAProxy refuses more, and
// five hold every 32-bit number.
const maxLength = 5

// Next cuts the message at the front of b and tells its length in bytes. Any class and
// type is accepted; from type 0x80 up there is a payload, whatever the class, so that
// what a later version adds can be skipped.
//
// ErrShort: the message is not all there. *Error: its length makes no sense.
func Next(b []byte) (m Message, n int, err error) {
	if len(b) < 2 {
		return Message{}, 0, ErrShort
	}
	m = Message{Class: b[0], Type: b[1]}
	if m.Type < 0x80 {
		return m, 2, nil
	}
	size, n, err := varint(b[2:min(len(b), 2+maxLength)])
	switch {
	case err != nil && len(b) >= 2+maxLength:
		return Message{}, 0, &Error{Offset: 2, What: "length of the payload takes more than 5 bytes"}
	case err != nil:
		return Message{}, 0, ErrShort
	case size > MaxMessage:
		return Message{}, 0, &Error{Offset: 2, What: "payload is larger than 65536 bytes"}
	}
	start, end := 2+n, 2+n+int(size)
	if len(b) < end {
		return Message{}, 0, ErrShort
	}
	m.Payload = b[start:end:end]
	return m, end, nil
}

// AppendControl appends a message of ClassControl.
func AppendControl(b []byte, typ byte) []byte { return append(b, ClassControl, typ) }

// AppendErrorMessage appends a message of ClassError, as HAProxy sends it just before it
// closes.
func AppendErrorMessage(b []byte, typ byte) []byte { return append(b, ClassError, typ) }

// begin appends the head of a message of ClassStick, with one byte for its length. start
// is where its payload goes; end must be called with it when that is complete.
func begin(b []byte, typ byte) (out []byte, start int) {
	b = append(b, ClassStick, typ, 0)
	return b, len(b)
}

// end writes the length of the payload that begins at start. Nearly every message is
// short enough for the byte that begin left; a longer one is moved up.
func end(b []byte, start int) []byte {
	size := len(b) - start
	if size < 240 {
		b[start-1] = byte(size)
		return b
	}
	var room [maxVarint]byte
	length := AppendVarint(room[:0], uint64(size))
	b = append(b, length[1:]...)
	copy(b[start+len(length)-1:], b[start:start+size])
	copy(b[start-1:], length)
	return b
}

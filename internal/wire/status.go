package wire

import "strconv"

// StatusOK is the only status that keeps a HAProxy: after most others it never calls
// again until it is restarted.
const StatusOK = 200

// StatusVersion refuses the version of the protocol: the caller should say 2.0 next time.
const StatusVersion = 502

// AppendStatus appends the line that answers a hello. code has three digits.
func AppendStatus(b []byte, code int) []byte {
	return append(strconv.AppendInt(b, int64(code), 10), '\n')
}

// ParseStatus reads the status line at the front of b, three digits, and tells its
// length. ErrShort: it is not all there. *Error: it cannot become one.
func ParseStatus(b []byte) (code int, n int, err error) {
	for i, c := range b {
		switch {
		case i < 3 && '0' <= c && c <= '9':
			code = 10*code + int(c-'0')
		case i == 3 && c == '\r':
			// ignored, as in a hello
		case (i == 3 || i == 4) && c == '\n':
			return code, i + 1, nil
		default:
			return 0, 0, &Error{Offset: i, What: "status is not a line of three digits"}
		}
	}
	return 0, 0, ErrShort
}

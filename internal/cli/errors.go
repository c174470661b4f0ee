package cli

import (
	"fmt"

	"tallystick/internal/view"
)

// showErrors prints the last protocol error of each peer, with the bytes that it was in.
func showErrors(r *request) error {
	sections := r.backend.Sections()
	var total uint64
	for _, s := range sections {
		for i := range s.Peers {
			total += s.Peers[i].ProtocolErrors
		}
	}
	r.printf("Total events captured on %s : %d\n", stamp(r.client.server.config.Now()), total)
	for _, s := range sections {
		for i := range s.Peers {
			if e := s.Peers[i].Error; e != nil {
				r.protocolError(&s, &s.Peers[i], e)
				r.spill()
			}
		}
	}
	return nil
}

func (r *request) protocolError(s *view.Section, p *view.Peer, e *view.ProtocolError) {
	r.printf("%s aggregations %s, peer %s: %s\n", stamp(e.Time), oneWord(s.ID), oneWord(p.Name), oneLine(e.Text))
	r.printf("  message at byte %d of its session, %d bytes of it kept", e.At, len(e.Bytes))
	if e.Offset >= 0 {
		r.printf(", fault at offset %d", e.Offset)
	}
	r.buf = append(r.buf, '\n')
	r.buf = appendDump(r.buf, e.Bytes, e.Offset)
}

// appendDump appends bytes as hex and text, 16 a line, with a ">" before the one at mark.
func appendDump(b, bytes []byte, mark int) []byte {
	const width = 16
	for at := 0; at < len(bytes); at += width {
		line := bytes[at:min(at+width, len(bytes))]
		b = fmt.Appendf(b, "  %05x ", at)
		for i := range width {
			switch {
			case i >= len(line):
				b = append(b, "   "...)
			case at+i == mark:
				b = fmt.Appendf(b, ">%02x", line[i])
			default:
				b = fmt.Appendf(b, " %02x", line[i])
			}
		}
		b = append(b, "  |"...)
		for _, c := range line {
			if c < ' ' || c >= 0x7f {
				c = '.'
			}
			b = append(b, c)
		}
		b = append(b, "|\n"...)
	}
	return b
}

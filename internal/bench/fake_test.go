package bench

import (
	"net"
	"testing"

	"tallystick/internal/stick"
	"tallystick/internal/wire"
)

// serveOnce serves one session of one node: every update is answered with what answer makes of
// it, in the table of sums.
func serveOnce(t *testing.T, answer func(s *stick.Schema, id uint32, row stick.Row) []byte) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := make([]byte, 64<<10)
		c.Read(in) // the hello, which comes in one piece on loopback
		c.Write(append([]byte("200\n"), wire.ClassControl, wire.ResyncRequest))
		var source stick.Schema
		for b := []byte(nil); ; {
			m, n, err := wire.Next(b)
			if err == wire.ErrShort {
				k, err := c.Read(in)
				if err != nil {
					return
				}
				b = append(b, in[:k]...)
				continue
			}
			switch {
			case m.Class == wire.ClassControl && m.Type == wire.ResyncFinished:
				twin := source
				twin.Name += suffix
				c.Write(wire.AppendDefinition(wire.AppendControl(nil, wire.ResyncConfirm), 1, &twin))
			case m.Class == wire.ClassStick && m.Type == wire.Definition:
				wire.ParseDefinition(m.Payload, &source) // the twin comes first, the source stays
			case m.Class == wire.ClassStick && m.Type == wire.UpdateFull:
				if id, row, _, err := wire.ParseUpdate(m, &source, 0, nil, nil); err == nil {
					c.Write(answer(&source, id, row))
				}
			}
			b = b[n:]
		}
	}()
	return l.Addr().String()
}

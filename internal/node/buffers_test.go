package node

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// The reader's buffer is as large as what comes at once, and small again a while after.
func TestReadBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		theirs, ours := net.Pipe()
		p := &pipes{in: make(chan []byte, 1), took: make(chan int, 1)}
		go p.read(ours, nil)
		defer func() { theirs.Close(); close(p.took) }()
		// come lets bytes come and tells the size of the buffer in which the last of them lie.
		come := func(n int) (size int) {
			go theirs.Write(make([]byte, n))
			for n > 0 {
				b := <-p.in
				size, n = cap(b), n-len(b)
				p.took <- len(b)
			}
			return size
		}
		if n := come(2); n != readBuffer {
			t.Errorf("%d bytes, want %d to begin with", n, readBuffer)
		}
		if n := come(2 << 20); n != maxReadBuffer {
			t.Errorf("%d bytes, want %d: it was filled again and again", n, maxReadBuffer)
		}
		time.Sleep(calmAfter - time.Second)
		if n := come(2); n != maxReadBuffer {
			t.Errorf("%d bytes, want %d: a pause of a moment means nothing", n, maxReadBuffer)
		}
		time.Sleep(2 * time.Second)
		come(2) // a heartbeat
		if n := come(2); n != readBuffer {
			t.Errorf("%d bytes, want %d: it has been quiet for five seconds", n, readBuffer)
		}
	})
}

// What has been written comes back as the buffer for the next; a large one does not stay.
func TestWriteBuffer(t *testing.T) {
	bubble(t, "lb1 lb2", func(c *cluster) {
		c.pair("")
		c.section.Peer("lb1").withBook(func(_ *book, v *visit) {
			now := time.Now()
			large := make([]byte, 64<<10)
			if n := cap(v.calm(now, large)); n != 64<<10 {
				t.Errorf("%d bytes, want what was there: it has just been filled", n)
			}
			if n := cap(v.calm(now.Add(calmAfter-1), large[:2])); n != 64<<10 {
				t.Errorf("%d bytes, want what was there: it was filled a moment ago", n)
			}
			if n := cap(v.calm(now.Add(calmAfter), large[:2])); n != writeBuffer {
				t.Errorf("%d bytes, want %d: nothing has filled it for five seconds", n, writeBuffer)
			}
		})
	})
}

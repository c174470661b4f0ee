package load

import (
	"context"
	"time"

	"tallystick/internal/wire"
)

// Stall plays one node, the first of c, that says hello and wants sums, and then reads nothing
// any more. Whenever it is cut it comes back. It returns how often it was cut once ctx is done.
func Stall(ctx context.Context, c Config) (cuts int, err error) {
	f := &Fleet{cfg: c, epoch: time.Now()}
	for {
		if err := f.stall(ctx); err != nil {
			return cuts, err
		}
		if ctx.Err() != nil {
			return cuts, nil
		}
		cuts++
	}
}

// stall is one session. It learns of its end by what it says itself.
func (f *Fleet) stall(ctx context.Context) error {
	n := newNode(f, 0, &order{})
	if err := n.dial(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer n.conn.Close()
	n.define()
	// The target's request came with its status line, or comes: it is answered unread.
	_, err := n.conn.Write(wire.AppendControl(n.out, wire.ResyncFinished))
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
			_, err = n.conn.Write(wire.AppendControl(nil, wire.Heartbeat))
		}
	}
	return nil
}

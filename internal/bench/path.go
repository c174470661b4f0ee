package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"tallystick/internal/wire"

	"tallystick/internal/bench/measure"
)

// rounds of the stream: the first makes the keys and is not counted.
const rounds = 5

// path has a HAProxy and tallystick absorb the same stream over loopback TCP, in turn, and
// prints what an update of an existing key costs each in processor time.
func path(ctx context.Context, o Options) error {
	dir, err := os.MkdirTemp("", "tallystick-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprintf(o.Out, "\nabsorbing %d updates of existing keys over loopback TCP, CPU per update, median of %d rounds\n", o.Path, rounds)
	var theirs time.Duration
	if o.HAProxy != "" {
		if theirs, err = absorb(ctx, o, haproxy(o, dir)); err != nil {
			return fmt.Errorf("haproxy: %w", err)
		}
	}
	ours, err := absorb(ctx, o, tallystick(o, dir))
	if err != nil {
		return fmt.Errorf("tallystick: %w", err)
	}
	if o.HAProxy != "" {
		fmt.Fprintf(o.Out, "ratio: tallystick needs 1/%.1f of it\n", float64(theirs)/float64(ours))
	}
	return nil
}

// subject is a process that is to absorb the stream.
type subject struct {
	name, addr string
	called     string // its name as a peer
	cmd        *exec.Cmd
}

const (
	benchAddr   = "127.0.66.1:10000"
	haproxyAddr = "127.0.66.2:10000"
)

func haproxy(o Options, dir string) *subject {
	config := `global
    localpeer subject
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
peers cluster
    bind ` + haproxyAddr + `
    server subject
    server generator 127.0.66.3:1
    table t type ip size 20m expire 1h store conn_cnt,http_req_cnt,http_req_rate(10s),bytes_out_rate(10s)
`
	file := filepath.Join(dir, "haproxy.cfg")
	os.WriteFile(file, []byte(config), 0o600)
	name := "haproxy"
	if v, err := exec.Command(o.HAProxy, "-v").Output(); err == nil {
		name, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(string(v), "HA-Proxy version "), "HAProxy version "), " ")
		name = "haproxy " + name
	}
	return &subject{name: name, addr: haproxyAddr, called: "subject", cmd: exec.Command(o.HAProxy, "-db", "-f", file)}
}

func tallystick(o Options, dir string) *subject {
	config := "aggregations bench\n    peer subject " + benchAddr + " local\n    peer generator\n    from any to .agg\n    max-entries 20000000\n"
	file := filepath.Join(dir, "tallystick.cfg")
	os.WriteFile(file, []byte(config), 0o600)
	return &subject{name: "tallystick", addr: benchAddr, called: "subject", cmd: exec.Command(o.Program, "-f", file)}
}

// absorb starts the subject, plays a node to it, and measures.
func absorb(ctx context.Context, o Options, s *subject) (perUpdate time.Duration, err error) {
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return 0, err
	}
	defer s.cmd.Wait()
	defer s.cmd.Process.Kill()
	g, err := greet(ctx, s)
	if err != nil {
		return 0, err
	}
	defer g.conn.Close()
	keys := order(o.Path, 1)
	table := "/t"
	var costs []time.Duration
	next := uint32(1)
	for round := range uint32(rounds + 1) {
		bytes := appendStream(make([]byte, 0, 40*len(keys)), schema(table), keys, next, round)
		next += uint32(len(keys))
		before, err := measure.CPU(s.cmd.Process.Pid)
		if err != nil {
			return 0, err
		}
		if err := g.push(bytes, next-1); err != nil {
			return 0, err
		}
		after, err := measure.CPU(s.cmd.Process.Pid)
		if err != nil {
			return 0, err
		}
		if round == 0 {
			keys = order(o.Path, 2) // not in the order in which memory was given out
		}
		if cost := (after - before) / time.Duration(len(keys)); round > 0 {
			costs = append(costs, cost)
		} else {
			fmt.Fprintf(o.Out, "%-16s %8v an update of a new key\n", s.name, cost)
		}
	}
	slices.Sort(costs)
	fmt.Fprintf(o.Out, "%-16s %8v an update of an existing key\n", s.name, costs[len(costs)/2])
	return costs[len(costs)/2], nil
}

// generator plays the node that pushes.
type generator struct {
	conn net.Conn
	acks chan uint32
	fail chan error
}

// greet calls the subject as a node would and answers its lessons with nothing.
func greet(ctx context.Context, s *subject) (*generator, error) {
	var conn net.Conn
	err := errors.New("not tried")
	for until := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(until) && ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		conn, err = net.Dial("tcp", s.addr)
	}
	if err != nil {
		return nil, err
	}
	hello := wire.Hello{Minor: 1, Called: s.called, Caller: "generator", PID: "1"}
	if _, err := conn.Write(hello.Append(nil)); err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(conn, 1<<16)
	if line, err := r.ReadString('\n'); err != nil || line != "200\n" {
		return nil, fmt.Errorf("hello answered with %q (%v)", line, err)
	}
	g := &generator{conn: conn, acks: make(chan uint32, 1024), fail: make(chan error, 1)}
	go func() { g.fail <- g.listen(r) }()
	time.Sleep(500 * time.Millisecond) // lessons both ways
	return g, nil
}

// listen answers requests and passes acks on.
func (g *generator) listen(r io.Reader) error {
	buf := make([]byte, 0, 1<<17)
	for {
		m, n, err := wire.Next(buf)
		switch {
		case errors.Is(err, wire.ErrShort):
			got, err := r.Read(buf[len(buf):cap(buf)])
			if err != nil {
				return err
			}
			buf = buf[:len(buf)+got]
			continue
		case err != nil:
			return err
		case m.Class == wire.ClassControl && m.Type == wire.ResyncRequest:
			g.conn.Write(wire.AppendControl(nil, wire.ResyncFinished))
		case m.Class == wire.ClassControl && (m.Type == wire.ResyncFinished || m.Type == wire.ResyncPartial):
			g.conn.Write(wire.AppendControl(nil, wire.ResyncConfirm))
		case m.Class == wire.ClassStick && m.Type == wire.Ack:
			if _, id, err := wire.ParseAck(m.Payload); err == nil {
				g.acks <- id
			}
		}
		buf = buf[:copy(buf, buf[n:])]
	}
}

// push writes the stream and waits until its last update has been acked.
func (g *generator) push(b []byte, last uint32) error {
	wrote := make(chan error, 1)
	go func() { _, err := g.conn.Write(b); wrote <- err }()
	timeout := time.After(2 * time.Minute)
	for {
		select {
		case err := <-wrote:
			if err != nil {
				return err
			}
		case id := <-g.acks:
			if id == last {
				return nil
			}
		case err := <-g.fail:
			return fmt.Errorf("connection: %w", err)
		case <-timeout:
			return fmt.Errorf("update %d was not acked in two minutes", last)
		}
	}
}

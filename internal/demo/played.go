package demo

import (
	"context"
	"net"

	"tallystick/internal/fakepeer"
	"tallystick/internal/stick"
)

// played is a node that the demo plays itself, where HAProxy cannot be had. It counts and
// speaks as HAProxy does.
type played struct {
	id   string
	node *fakepeer.Node
}

// The tables of examples/demo/haproxy.cfg.
const (
	source = "/clients"
	twin   = "/clients.agg"
	limit  = 100 // requests in the window of the rate
)

func tableOf(name string) *stick.Schema {
	return &stick.Schema{Name: name, KeyType: stick.IPv4, KeyLen: 4, Expire: 600_000, Columns: []stick.Column{
		{Type: stick.HTTPReqCnt, Len: 1}, {Type: stick.HTTPReqRate, Len: 1, Period: 10_000}}}
}

// play starts a node that calls the aggregator at addr.
func play(name, addr string, pid int) node {
	n := fakepeer.New(fakepeer.Config{Name: name, Peer: "tallystick", PID: pid, Tables: []*stick.Schema{tableOf(source), tableOf(twin)},
		Quirks: fakepeer.Version("3.2"),
		Dial: func(ctx context.Context) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", addr)
		}})
	n.Start()
	return &played{name, n}
}

func (p *played) name() string    { return p.id }
func (p *played) version() string { return "played" }
func (p *played) stop()           { p.node.Stop() }

// request counts, and denies what the rule of the example would deny.
func (p *played) request(_ context.Context, client string) (denied bool, err error) {
	key := fakepeer.Key(stick.IPv4, client)
	rate, _ := p.node.Read(twin, key, stick.HTTPReqRate)
	p.node.Touch(source, key, fakepeer.Add(stick.HTTPReqCnt, 1), fakepeer.Add(stick.HTTPReqRate, 1))
	return rate > limit, nil
}

func (p *played) read(context.Context) (own, sum map[string]count, err error) {
	return p.table(source), p.table(twin), nil
}

func (p *played) table(name string) map[string]count {
	counts := map[string]count{}
	for _, key := range p.node.Keys(name) {
		requests, _ := p.node.Read(name, key, stick.HTTPReqCnt)
		rate, _ := p.node.Read(name, key, stick.HTTPReqRate)
		counts[string(stick.AppendKey(nil, stick.IPv4, []byte(key)))] = count{int(requests), int(rate)}
	}
	return counts
}

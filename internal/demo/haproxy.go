package demo

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// haproxy is a real node.
type haproxy struct {
	*process
	id, says string
	web      string // address of its frontend
	socket   string // its stats socket

	mu      sync.Mutex
	clients map[string]*http.Client // by client address
}

// startHAProxy starts one node and waits until it serves.
func startHAProxy(ctx context.Context, name, addr, program, config, dir string) (node, error) {
	config, err := filepath.Abs(config)
	if err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, program, "-v").Output()
	if err != nil {
		return nil, fmt.Errorf("%s -v: %w", program, err)
	}
	h := &haproxy{id: name, says: versionOf(string(out)), web: addr + ":8080", socket: filepath.Join(dir, name+".sock"), clients: map[string]*http.Client{}}
	h.process, err = start(dir, []string{"NODE=" + name, "ADDR=" + addr}, program, "-db", "-f", config)
	if err != nil {
		return nil, err
	}
	if err := h.ready(ctx, func() error { return listens("tcp", h.web) }); err != nil {
		h.stop()
		return nil, err
	}
	return h, nil
}

// versionOf finds the number in the first line of "haproxy -v".
func versionOf(s string) string {
	return regexp.MustCompile(`\d+\.\d+\.\d+`).FindString(s)
}

func (h *haproxy) name() string    { return h.id }
func (h *haproxy) version() string { return "HAProxy " + h.says }

// request makes one request from the client's address: all of 127.0.0.0/8 is ours.
func (h *haproxy) request(ctx context.Context, client string) (denied bool, err error) {
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+h.web+"/", nil)
	if err != nil {
		return false, err
	}
	res, err := h.client(client).Do(req)
	if err != nil {
		return false, err
	}
	io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res.StatusCode == http.StatusTooManyRequests, nil
}

func (h *haproxy) client(addr string) *http.Client {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.clients[addr]
	if c == nil {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(addr)}}
		c = &http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DialContext: d.DialContext}}
		h.clients[addr] = c
	}
	return c
}

// read asks the node's runtime CLI for both tables.
func (h *haproxy) read(ctx context.Context) (own, sum map[string]count, err error) {
	if own, err = h.table(ctx, "cluster/clients"); err != nil {
		return nil, nil, err
	}
	sum, err = h.table(ctx, "cluster/clients.agg")
	return own, sum, err
}

var (
	keyField  = regexp.MustCompile(`key=(\S+)`)
	cntField  = regexp.MustCompile(`http_req_cnt=(\d+)`)
	rateField = regexp.MustCompile(`http_req_rate\(\d+\)=(\d+)`)
)

func (h *haproxy) table(ctx context.Context, name string) (map[string]count, error) {
	d := net.Dialer{Timeout: 2 * time.Second}
	c, err := d.DialContext(ctx, "unix", h.socket)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(2 * time.Second))
	if _, err := fmt.Fprintf(c, "show table %s\n", name); err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		return nil, err
	}
	counts := map[string]count{}
	for line := range strings.Lines(string(answer)) {
		if k := keyField.FindStringSubmatch(line); k != nil {
			counts[k[1]] = count{field(cntField, line), field(rateField, line)}
		}
	}
	return counts, nil
}

func field(re *regexp.Regexp, line string) int {
	m := re.FindStringSubmatch(line)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

package haproxytest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Client is one keep-alive connection to a HAProxy's frontend. Not safe for concurrent use.
type Client struct {
	conn  net.Conn
	in    *bufio.Reader
	begun *begun
}

// begun counts requests by their key from the moment before they are sent: no HAProxy has counted more, whatever it
// was asked, answered, lost or was taught back.
type begun struct {
	mu    sync.Mutex
	byKey map[string]uint64
}

func (b *begun) add(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byKey == nil {
		b.byKey = map[string]uint64{}
	}
	b.byKey[key]++
}

// Begun is how many requests with a key clients of ours have begun to make, over all lives of the HAProxy: an upper
// bound for what it has counted when this is called.
func (h *HAProxy) Begun(key string) uint64 {
	h.begun.mu.Lock()
	defer h.begun.mu.Unlock()
	return h.begun.byKey[key]
}

// Dial connects to the frontend, from a source address of the loopback network if it is not "".
func (h *HAProxy) Dial(source string) (*Client, error) {
	d := net.Dialer{Timeout: 2 * time.Second}
	if source != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(source)}
	}
	network := "tcp"
	if strings.HasPrefix(h.Web, "/") {
		network = "unix"
	}
	c, err := d.Dial(network, h.Web)
	if err != nil {
		return nil, err
	}
	return &Client{c, bufio.NewReader(c), &h.begun}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Get makes a request with the header "x-key: KEY" and returns the status of the answer.
func (c *Client) Get(path, key string) (status int, err error) {
	c.conn.SetDeadline(time.Now().Add(10 * time.Second))
	c.begun.add(key)
	if _, err := fmt.Fprintf(c.conn, "GET %s HTTP/1.1\r\nHost: web\r\nX-Key: %s\r\n\r\n", path, key); err != nil {
		return 0, err
	}
	res, err := http.ReadResponse(c.in, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, errors.Join(err, res.Body.Close())
}

// Request makes n requests with a key, on one connection, and returns how many had which status.
func (h *HAProxy) Request(key string, n int) (map[int]int, error) {
	c, err := h.Dial("")
	if err != nil {
		return nil, err
	}
	defer c.Close()
	statuses := map[int]int{}
	for range n {
		status, err := c.Get("/", key)
		if err != nil {
			return statuses, err
		}
		statuses[status]++
	}
	return statuses, nil
}

// Traffic makes requests with a key at a steady rate until ctx ends, and returns how many were answered. It
// connects again after an error, so a HAProxy may die and come back meanwhile: what it did not answer it may or may
// not have counted.
func (h *HAProxy) Traffic(ctx context.Context, key string, perSecond int) (answered int) {
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	var c *Client
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return answered
		case <-tick.C:
		}
		var err error
		if c == nil {
			if c, err = h.Dial(""); err != nil {
				continue
			}
		}
		if _, err := c.Get("/", key); err != nil {
			c.Close()
			c = nil
			continue
		}
		answered++
	}
}

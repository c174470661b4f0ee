package main

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// dial opens a connection to a path in the script's folder or to ip:port.
func dial(ts *testscript.TestScript, addr string) (net.Conn, error) {
	network := "tcp"
	if !strings.Contains(addr, ":") {
		network, addr = "unix", ts.MkAbs(addr)
	}
	c, err := net.DialTimeout(network, addr, patience)
	if err != nil {
		return nil, err
	}
	return c, c.SetDeadline(time.Now().Add(patience))
}

// waitFor waits until something listens.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		usageError(ts, "waitfor ADDR")
	}
	ts.Check(poll(func() error {
		c, err := dial(ts, args[0])
		if err != nil {
			return err
		}
		return c.Close()
	}))
}

// cli says one line to the runtime CLI, or several: \n separates them.
func cli(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		usageError(ts, "cli ADDR COMMAND")
	}
	answer, err := ask(ts, args[0], strings.ReplaceAll(args[1], `\n`, "\n"))
	ts.Check(err)
	fmt.Fprint(ts.Stdout(), answer)
}

// ask is what socat does: says everything, ends its side, reads to the end.
func ask(ts *testscript.TestScript, addr, text string) (string, error) {
	c, err := dial(ts, addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if _, err := io.WriteString(c, text+"\n"); err != nil {
		return "", err
	}
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // it may have answered and gone
	}
	answer, err := io.ReadAll(c)
	return string(answer), err
}

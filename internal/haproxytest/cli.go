package haproxytest

import (
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Ask sends one line to a runtime CLI on a unix socket, HAProxy's or one like it, and returns the whole answer.
func Ask(socket, line string) (string, error) {
	c, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	// A paused or overloaded process answers late or never.
	c.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		return "", fmt.Errorf("%.40q: %w after %d bytes", line, err, len(answer))
	}
	return string(answer), nil
}

// CLI sends one line of commands and returns the answer.
func (h *HAProxy) CLI(line string) (string, error) { return Ask(h.file("cli.sock"), line) }

// Info is "show info": values by name.
func (h *HAProxy) Info() (map[string]string, error) {
	answer, err := h.CLI("show info")
	if err != nil {
		return nil, err
	}
	info := map[string]string{}
	for line := range strings.Lines(answer) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			info[name] = strings.TrimSpace(value)
		}
	}
	if len(info) == 0 {
		return nil, fmt.Errorf("show info: %q", answer)
	}
	return info, nil
}

package proc

import (
	"fmt"
	"net"
	"os"
	"strings"
)

// What systemd is told, see sd_notify(3). Status takes a line of text for
// `systemctl status`.
const (
	NotifyReady    = "READY=1"
	NotifyStopping = "STOPPING=1"
)

// NotifyStatus is a state for Notify: the line that `systemctl status` shows.
func NotifyStatus(line string) string {
	return "STATUS=" + strings.ReplaceAll(line, "\n", " ")
}

// Notify tells systemd our states (unit Type=notify) in one datagram. Where nobody
// has asked for it, by NOTIFY_SOCKET in the environment, it does nothing.
func Notify(states ...string) error {
	name := os.Getenv("NOTIFY_SOCKET") // package net reads a leading @ as abstract
	if name == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(strings.Join(states, "\n"))); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}

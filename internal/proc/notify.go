package proc

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// What systemd is told, see sd_notify(3). Ready also ends a reload. systemd that waits for a
// reload to end counts from Reloading to the next Ready.
const (
	NotifyReady     = daemon.SdNotifyReady
	NotifyReloading = daemon.SdNotifyReloading
	NotifyStopping  = daemon.SdNotifyStopping
	NotifyWatchdog  = daemon.SdNotifyWatchdog
)

// NotifyStatus is a state for Notify: the line that `systemctl status` shows.
func NotifyStatus(line string) string {
	return "STATUS=" + strings.ReplaceAll(line, "\n", " ")
}

// notifyPatience bounds what a word to systemd may cost: ten datagrams fill its queue, and one
// that does not read, being busy or stopped, must not stop us as well.
const notifyPatience = time.Second

// Notify tells systemd our states (unit Type=notify) in one datagram. Where nobody
// has asked for it, by NOTIFY_SOCKET in the environment, it does nothing. It takes a second
// at most, which is why it is not the library's.
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
	if err := conn.SetWriteDeadline(time.Now().Add(notifyPatience)); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	if _, err := conn.Write([]byte(strings.Join(states, "\n"))); err != nil {
		return fmt.Errorf("notify systemd: %w", err)
	}
	return nil
}

// WatchdogInterval is within what time systemd wants to hear NotifyWatchdog again (unit
// WatchdogSec=), or 0 where nobody waits for it. A process that does not say it in time is
// killed and started anew, so only work that was seen to go on may say it.
func WatchdogInterval() (time.Duration, error) {
	d, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		return 0, fmt.Errorf("watchdog of systemd: %w", err)
	}
	return d, nil
}

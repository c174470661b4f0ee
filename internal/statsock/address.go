package statsock

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path"
	"strings"
)

// Address is where a stats socket is found.
type Address struct {
	Network string // "unix" or "tcp"
	Addr    string // a path, or host:port
	// Host is the machine on which Addr is, as ssh takes it: [user@]host; "" for this one.
	Host string
	Port string // of ssh there; "" for its default
}

// ParseAddress reads one of
//
//	/run/tallystick.sock              a socket of this machine; unix@/run/tallystick.sock too
//	127.0.0.1:9999  [::1]:9999        ipv4@ and ipv6@ may stand before it
//	ssh://admin@lb7/run/tallystick.sock
//	ssh://lb7:2222/run/tallystick.sock
//
// An error names what is missing.
func ParseAddress(s string) (Address, error) {
	if strings.HasPrefix(s, "ssh://") {
		return parseSSH(s)
	}
	if p, ok := strings.CutPrefix(s, "unix@"); ok || strings.Contains(s, "/") || !strings.Contains(s, ":") {
		return Address{Network: "unix", Addr: p}, notEmpty(p)
	}
	hostport := strings.TrimPrefix(strings.TrimPrefix(s, "ipv4@"), "ipv6@")
	if _, port, err := net.SplitHostPort(hostport); err != nil || port == "" {
		return Address{}, fmt.Errorf("'%s' is neither a path (/run/tallystick.sock), nor ip:port, nor ssh://host/path", s)
	}
	return Address{Network: "tcp", Addr: hostport}, nil
}

func notEmpty(path string) error {
	if path == "" {
		return errors.New("the path of the socket is missing")
	}
	return nil
}

func parseSSH(s string) (Address, error) {
	u, err := url.Parse(s)
	if err != nil {
		return Address{}, fmt.Errorf("'%s': %w", s, err)
	}
	a := Address{Network: "unix", Addr: path.Clean(u.Path), Host: u.Hostname(), Port: u.Port()}
	switch {
	case a.Host == "":
		return a, fmt.Errorf("'%s' has no host: ssh://host/path", s)
	// ssh would take the one for an option, and the shell at the other end the rest for itself.
	case strings.HasPrefix(a.Host, "-") || strings.ContainsFunc(a.Host+a.Addr, isShell):
		return a, fmt.Errorf("'%s': a host and a path are made of letters, digits and . _ - : / @", s)
	case u.Path == "" || u.Path == "/":
		return a, fmt.Errorf("'%s' has no path of a socket: ssh://%s/run/tallystick.sock", s, u.Host)
	}
	if name := u.User.Username(); name != "" {
		if strings.HasPrefix(name, "-") || strings.ContainsFunc(name, isShell) {
			return a, fmt.Errorf("'%s': a user is made of letters, digits and . _ -", s)
		}
		a.Host = name + "@" + a.Host
	}
	return a, nil
}

// isShell reports whether a byte may mean something to a shell.
func isShell(r rune) bool {
	return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("._-:/", r))
}

// String is what ParseAddress reads.
func (a Address) String() string {
	switch {
	case a.Host != "" && a.Port != "":
		return "ssh://" + a.Host + ":" + a.Port + a.Addr
	case a.Host != "":
		return "ssh://" + a.Host + a.Addr
	}
	return a.Addr
}

// command is what is run to reach a socket of another machine: our own program there, so that nothing
// else is needed.
func (a Address) command() []string {
	argv := []string{"ssh", "-T"}
	if a.Port != "" {
		argv = append(argv, "-p", a.Port)
	}
	return append(argv, "--", a.Host, "tallystick", "cli", "-s", a.Addr)
}

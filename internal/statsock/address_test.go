package statsock

import (
	"slices"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	for _, c := range []struct {
		why, in string
		want    Address
	}{
		{"a path", "/run/tallystick.sock", Address{Network: "unix", Addr: "/run/tallystick.sock"}},
		{"one from here", "sock", Address{Network: "unix", Addr: "sock"}},
		{"as the configuration has it", "unix@sock", Address{Network: "unix", Addr: "sock"}},
		{"a path with a colon", "/tmp/a:1", Address{Network: "unix", Addr: "/tmp/a:1"}},
		{"a port", "127.0.0.1:9999", Address{Network: "tcp", Addr: "127.0.0.1:9999"}},
		{"of IPv6", "ipv6@[::1]:9999", Address{Network: "tcp", Addr: "[::1]:9999"}},
		{"of a name", "lb7:9999", Address{Network: "tcp", Addr: "lb7:9999"}},
		{"another machine", "ssh://lb7/run/tallystick.sock", Address{Network: "unix", Addr: "/run/tallystick.sock", Host: "lb7"}},
		{"as somebody else, elsewhere", "ssh://ann@lb7:2222/run/t.sock", Address{Network: "unix", Addr: "/run/t.sock", Host: "ann@lb7", Port: "2222"}},
	} {
		got, err := ParseAddress(c.in)
		if err != nil || got != c.want {
			t.Errorf("%s: ParseAddress(%q) = %+v, %v; want %+v", c.why, c.in, got, err, c.want)
		}
		if again, err := ParseAddress(got.String()); err != nil || again != got {
			t.Errorf("%s: String is not what is read: %q: %+v, %v", c.why, got, again, err)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for _, c := range []struct{ why, in, want string }{
		{"no port", "127.0.0.1:", "neither a path"},
		{"no path", "unix@", "path of the socket is missing"},
		{"nothing", "", "path of the socket is missing"},
		{"ssh without a path", "ssh://lb7", "no path of a socket: ssh://lb7/run/tallystick.sock"},
		{"ssh without a host", "ssh:///run/t.sock", "no host"},
		{"an option for ssh", "ssh://-oProxyCommand=x/run/t.sock", "letters, digits"},
		{"an option for ssh as a user", "ssh://-oProxyCommand@lb7/run/t.sock", "letters, digits"},
		{"words for the shell at the other end", "ssh://lb7/run/t.sock;reboot", "letters, digits"},
		{"more of them", "ssh://lb7/run/$(reboot)", "letters, digits"},
	} {
		if a, err := ParseAddress(c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: ParseAddress(%q) = %+v, %v; want an error with %q", c.why, c.in, a, err, c.want)
		}
	}
}

func TestSSHCommand(t *testing.T) {
	a := Address{Network: "unix", Addr: "/run/t.sock", Host: "ann@lb7", Port: "2222"}
	want := []string{"ssh", "-T", "-p", "2222", "--", "ann@lb7", "tallystick", "cli", "-s", "/run/t.sock"}
	if got := a.command(); !slices.Equal(got, want) {
		t.Errorf("command is %q, want %q: our own program at the other end, and no terminal", got, want)
	}
}

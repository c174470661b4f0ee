package haproxytest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"testing"
)

// Address returns an address of the loopback network, HOST:PORT, where nobody listens. The host is
// drawn at random, one of millions: so nobody can take the port between this call and its use, neither
// another test nor an outgoing connection, which starts from 127.0.0.1.
func Address(t testing.TB) string {
	t.Helper()
	var err error
	for range 10 {
		host := fmt.Sprintf("127.%d.%d.%d", 16+rand.IntN(224), rand.IntN(256), 1+rand.IntN(254))
		var l net.Listener
		if l, err = net.Listen("tcp", host+":0"); err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatalf("no free address on loopback: %v", err)
	return ""
}

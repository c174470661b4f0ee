package interop

import (
	"fmt"
	"regexp"
	"testing"

	"tallystick/internal/haproxytest"
)

// TestExplain asks why a sum is what it is, and compares with what the nodes have and read.
func TestExplain(t *testing.T) {
	t.Parallel()
	rates := haproxytest.Table{Name: "/rates", Type: "ip", Store: "http_req_cnt,gpt0"}
	narrow := rates.Twin(".agg")
	narrow.Store = "http_req_cnt"
	c := start(t, []haproxytest.Config{
		{Version: haproxytest.Get(t, 2, 6), Tables: withTwins(rates)},
		{Version: haproxytest.Get(t, 3, 2), Tables: []haproxytest.Table{rates, narrow}},
		{Version: haproxytest.Get(t, 2, 2), Tables: withTwins(rates)},
	})
	const key = "192.0.2.1"
	set(t, c.nodes[0], "/rates", key+" http_req_cnt 5 gpt0 7")
	c.sum(key, 5) // what a node reports last decides about a tag
	set(t, c.nodes[1], "/rates", key+" http_req_cnt 30 gpt0 8")
	c.sum(key, 35)
	lines := []string{
		`^key=192\.0\.2\.1 exp=59\d{4}$`,
		`lb1: /rates, \d(\.\d)?s ago, 9m5\ds left$`, // HAProxy has renewed it when it was set
		`not by lb3$`,
		`35 = 5 \+ 30$`,
		`^ +8 of lb2$`,
		`lb1: sent and acked; it should read gpt0=8 http_req_cnt=35$`,
		`lb2: sent and acked; it should read http_req_cnt=35$`,
	}
	haproxytest.Eventually(t, patience, func() error {
		answer, err := c.agg.cli("explain data rates.agg " + key)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if !regexp.MustCompile("(?m)" + line).MatchString(answer) {
				return fmt.Errorf("no line like %q in\n%s", line, answer)
			}
		}
		return nil
	})
}

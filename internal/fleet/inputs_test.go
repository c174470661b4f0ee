package fleet

import "strings"

const rest = `defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
`

// inputs are configurations as people have them. In each {lb1} and {lb2} are addresses.
var inputs = []struct{ why, lb1 string }{
	{"tables of a peers section, with nodes that replicate", `global
    localpeer lb1
` + rest + `peers mycluster
    bind {lb1}
    server lb1
    server lb2 {lb2}
    table rates type ip size 1m expire 30s store http_req_rate(10s)
frontend web
    bind unix@w.sock
    http-request track-sc0 src table mycluster/rates
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 100 }
`},
	{"tables of proxies", `global
    localpeer lb1
` + rest + `peers mypeers
    peer lb1 {lb1}
    peer lb2 {lb2}
frontend web
    bind unix@w.sock
    stick-table type string len 20 size 100k expire 10m store http_req_cnt,gpc0 peers mypeers
    tcp-request inspect-delay 1s
    tcp-request content track-sc1 req.hdr(x-user) if HTTP
    acl busy sc1_http_req_cnt gt 5
    acl bad sc1_get_gpc0 gt 0
    http-request sc-inc-gpc0(1) if busy
    http-request deny if bad
`},
	{"a table that nobody shares, and no peers section", `global
    localpeer lb1
` + rest + `backend st_ip
    stick-table type ip size 50k expire 5m store conn_cnt,conn_rate(3s)
frontend web
    bind unix@w.sock
    tcp-request connection track-sc0 src table st_ip
    tcp-request connection reject if { src_conn_rate(st_ip) gt 20 }
`},
	{"names with dots that would become one", `global
    localpeer lb1
` + rest + `peers mypeers
    bind {lb1}
    server lb1
    server lb2 {lb2}
frontend www.example.com
    bind unix@a.sock
    stick-table type ip size 1k expire 5m store http_req_rate(10s) peers mypeers
    http-request track-sc0 src
    http-request deny if { src_http_req_rate gt 20 }
frontend www.example.org
    bind unix@b.sock
    stick-table type ip size 1k expire 5m store http_req_rate(10s) peers mypeers
    http-request track-sc0 src
    http-request deny if { sc0_http_req_rate(www.example.org) gt 20 }
`},
	{"half adopted: a twin that is too small, and one node still a peer", `global
    localpeer lb1
` + rest + `peers mypeers
    bind {lb1}
    server lb1
    server tallystick 192.0.2.50:10000
    server lb2 {lb2}
    table rates type ip size 1m expire 30s store http_req_rate(10s)
    table rates.agg type ip size 1m expire 30s store http_req_rate(10s)
frontend web
    bind unix@w.sock
    http-request track-sc0 src table mypeers/rates
    http-request deny if { sc_http_req_rate(0,mypeers/rates.agg) gt 20 }
`},
	{"gauges and servers that are remembered", `global
    localpeer lb1
` + rest + `peers mypeers
    bind {lb1}
    server lb1
    server lb2 {lb2}
    table conns type ip size 10k expire 30s store conn_cur,conn_cnt
frontend web
    bind unix@w.sock
    http-request track-sc0 src table mypeers/conns
    http-request deny if { sc0_conn_cur gt 20 } || { sc0_conn_cnt gt 200 }
    default_backend app
backend app
    stick-table type string len 32 size 10k expire 1h peers mypeers
    stick on req.cook(id)
    server a 127.0.0.1:9 id 1
`},
	{"no localpeer, no own line, switched off, and no end of the last line", `# nothing
` + rest + `peers mypeers
    bind {lb1}
    disabled
    table rates type ip size 10k store gpc0
frontend web
    bind unix@w.sock
    http-request track-sc0 src table mypeers/rates
    http-request deny if { sc0_get_gpc0 gt 20 }`},
}

// filled are the texts of two nodes: the second is the first with names and addresses exchanged.
func filled(lb1, one, two string) []string {
	other := strings.NewReplacer("lb1", "lb2", "lb2", "lb1").Replace(lb1)
	addresses := strings.NewReplacer("{lb1}", one, "{lb2}", two)
	return []string{addresses.Replace(lb1), addresses.Replace(other)}
}

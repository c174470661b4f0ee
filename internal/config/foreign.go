package config

// What HAProxy has and we have not, with what to write instead. The tables hold what an
// operator is likely to bring along from HAProxy's own configuration; they need not be
// complete, since anything else is an unknown keyword.

// Hints that many words share.
const (
	remove   = "remove this line"
	drop     = "remove it"
	system   = "that is the service manager's affair: " + remove
	commands = "use the option of the command line: "
)

// foreignSections are the other sections of HAProxy.
var foreignSections = map[string]string{
	"peers":       "write 'aggregations ID', with a 'peer' line for every node and one with 'local' for ourselves",
	"frontend":    "it belongs in the nodes' configuration",
	"backend":     "it belongs in the nodes' configuration",
	"listen":      "it belongs in the nodes' configuration",
	"defaults":    "it belongs in the nodes' configuration",
	"resolvers":   "a peer's host name is looked up by the system's resolver",
	"mailers":     "it belongs in the nodes' configuration",
	"userlist":    "users of 'http' stand in the htpasswd file that its 'auth' names",
	"cache":       "it belongs in the nodes' configuration",
	"program":     system,
	"ring":        "write 'log TARGET' in 'global'",
	"log-forward": "write 'log TARGET' in 'global'",
	"log-profile": "write 'log TARGET' in 'global'",
	"http-errors": "it belongs in the nodes' configuration",
	"fcgi-app":    "it belongs in the nodes' configuration",
	"crt-store":   "name the certificate with 'crt' on the line that uses it",
	"crt-list":    "name the certificate with 'crt' on the line that uses it",
	"acme":        "it belongs in the nodes' configuration",
	"traces":      "use option -d of the command line",
	"ruleset":     "it belongs in the nodes' configuration",
}

// foreignPrefixes are families of keywords of HAProxy.
var foreignPrefixes = map[string]string{
	".":           "configurations have no conditions and messages here: " + remove,
	"tune.":       "nothing needs tuning: " + remove,
	"ssl-":        "write the options of TLS on the line that needs them",
	"lua-":        remove,
	"h1-":         remove,
	"h2-":         remove,
	"profiling.":  remove,
	"51degrees-":  remove,
	"wurfl-":      remove,
	"deviceatlas": remove,
}

// foreignWords are keywords of HAProxy: by "section keyword", or "keyword option" for
// those that may stand further on in a line of ours.
var foreignWords = map[string]string{
	"global maxconn":                        "connections are limited by the peers that there are: " + remove,
	"global nbthread":                       "write 'cpu-map' to limit the processors",
	"global nbproc":                         "write 'cpu-map' to limit the processors",
	"global thread-groups":                  "write 'cpu-map' to limit the processors",
	"global thread-group":                   "write 'cpu-map' to limit the processors",
	"global cpu-policy":                     "write 'cpu-map' to limit the processors",
	"global cpu-set":                        "write 'cpu-map' to limit the processors",
	"global user":                           commands + "-u UID",
	"global uid":                            commands + "-u UID",
	"global group":                          commands + "-g GID",
	"global gid":                            commands + "-g GID",
	"global daemon":                         commands + "-D",
	"global master-worker":                  system,
	"global pidfile":                        commands + "-p FILE",
	"global chroot":                         system,
	"global ulimit-n":                       system,
	"global setenv":                         system,
	"global presetenv":                      system,
	"global unsetenv":                       system,
	"global resetenv":                       system,
	"global quiet":                          remove,
	"global debug":                          commands + "-d",
	"global description":                    remove,
	"global node":                           "our name is that of the 'local' peer, or option -L",
	"global localpeer":                      "write 'peer NAME ADDR:PORT local' in the 'aggregations' section, or use option -L NAME",
	"global log-tag":                        "write 'log TARGET [format text|json|logfmt] [level L]'",
	"global log-send-hostname":              "write 'log TARGET [format text|json|logfmt] [level L]'",
	"global ca-base":                        "write whole paths",
	"global crt-base":                       "write whole paths",
	"global key-base":                       "write whole paths",
	"global default-path":                   "write whole paths",
	"global hard-stop-after":                remove,
	"global grace":                          remove,
	"global server-state-base":              remove,
	"global server-state-file":              remove,
	"global unix-bind":                      "write mode, user and group on the 'stats socket' line",
	"global spread-checks":                  remove,
	"global expose-experimental-directives": remove,
	"global insecure-fork-wanted":           remove,
	"global insecure-setuid-wanted":         remove,
	"global strict-limits":                  remove,
	"global numa-cpu-mapping":               "write 'cpu-map' to limit the processors",
	"global busy-polling":                   remove,
	"global noepoll":                        remove,
	"global nosplice":                       remove,
	"global noreuseport":                    remove,
	"global no":                             remove,
	"global prealloc-fd":                    remove,
	"global stats timeout":                  "connections of the runtime CLI need none: " + remove,
	"global stats maxconn":                  "connections of the runtime CLI need none: " + remove,
	"global stats bind-process":             remove,

	"stats socket expose-fd":       drop,
	"stats socket process":         drop,
	"stats socket thread":          drop,
	"stats socket uid":             "write 'user', which takes numbers as well",
	"stats socket gid":             "write 'group', which takes numbers as well",
	"stats socket name":            drop,
	"stats socket accept-proxy":    drop,
	"stats socket maxconn":         drop,
	"stats socket backlog":         drop,
	"stats socket interface":       "write the interface's address",
	"stats socket ssl":             "use a unix socket, or an address of loopback",
	"stats socket severity-output": drop,

	"source usesrc":    drop,
	"source interface": "write the interface's address",

	"log local0": facility, "log local1": facility, "log local2": facility, "log local3": facility,
	"log local4": facility, "log local5": facility, "log local6": facility, "log local7": facility,
	"log daemon": facility, "log user": facility, "log kern": facility, "log auth": facility,
	"log syslog": facility, "log len": drop, "log sample": drop, "log profile": drop,

	"aggregations bind":            "write 'peer NAME ADDR:PORT local' with that address, or 'bind' in the 'global' section",
	"aggregations default-bind":    "write its options on the 'peer NAME ADDR:PORT local' line",
	"aggregations default-server":  "write its options on each 'peer' line",
	"aggregations table":           tables,
	"aggregations stick-table":     tables,
	"aggregations stick":           "it belongs in the nodes' configuration",
	"aggregations shards":          "it belongs in the nodes' 'peers' section; ours is 'shard I/N'",
	"aggregations disabled":        "comment the section out",
	"aggregations enabled":         remove,
	"aggregations log":             "write it in the 'global' section",
	"aggregations option":          remove,
	"aggregations no":              remove,
	"aggregations timeout":         "the protocol has its own times: " + remove,
	"aggregations maxconn":         "connections are limited by the peers that there are: " + remove,
	"aggregations balance":         "it belongs in the nodes' configuration",
	"aggregations acl":             "it belongs in the nodes' configuration",
	"aggregations http-request":    "it belongs in the nodes' configuration",
	"aggregations http-response":   "it belongs in the nodes' configuration",
	"aggregations tcp-request":     "it belongs in the nodes' configuration",
	"aggregations tcp-response":    "it belongs in the nodes' configuration",
	"aggregations default_backend": "it belongs in the nodes' configuration",
	"aggregations use_backend":     "it belongs in the nodes' configuration",
	"aggregations localpeer":       "write 'peer NAME ADDR:PORT local'",
	"aggregations description":     remove,

	"mode http":   "nodes speak the peers protocol alone: " + remove,
	"mode tcp":    "nodes speak the peers protocol alone: " + remove,
	"mode health": remove,
	"mode log":    remove,

	"peer check": health, "peer inter": health, "peer fastinter": health, "peer downinter": health,
	"peer rise": health, "peer fall": health, "peer no-check": health, "peer agent-check": health,
	"peer observe": health, "peer port": health, "peer addr": health, "peer track": health,
	"peer backup":    "write 'group G' on the lines of peers that stand in for each other",
	"peer weight":    "every peer counts in full: " + drop,
	"peer id":        "peers are known by their names: " + drop,
	"peer disabled":  "comment the line out",
	"peer maxconn":   drop,
	"peer cookie":    drop,
	"peer shard":     "it belongs in the nodes' 'peers' section; ours is the line 'shard I/N'",
	"peer resolvers": "a peer's host name is looked up by the system's resolver: " + drop,
	"peer init-addr": "a peer's host name is looked up at each call: " + drop,
	"peer source":    "write 'source' in the 'global' section",
	"peer sni":       "write 'verifyhost H' for the name that the certificate must carry",
	"peer alpn":      drop, "peer ciphers": drop, "peer ciphersuites": drop,
	"peer force-tlsv12": drop, "peer force-tlsv13": drop, "peer ssl-min-ver": drop, "peer ssl-max-ver": drop,
	"peer no-ssl": drop, "peer no-tlsv10": drop, "peer no-tlsv11": drop, "peer no-tls-tickets": drop,
	"peer ca-sign-file": drop, "peer crl-file": drop, "peer key": "put certificate and key into the file that 'crt' names",
	"peer send-proxy": proxied, "peer send-proxy-v2": proxied, "peer accept-proxy": proxied,
	"peer name": drop, "peer process": drop, "peer thread": drop, "peer interface": "write the interface's address",

	"bind name": drop, "bind process": drop, "bind thread": drop, "bind maxconn": drop, "bind backlog": drop,
	"bind interface": "write the interface's address", "bind transparent": drop, "bind v4v6": drop, "bind v6only": drop,
	"bind mode": drop, "bind alpn": drop, "bind ciphers": drop, "bind no-sslv3": drop, "bind ssl-min-ver": drop,
	"bind accept-proxy": proxied,
}

// Hints that several words above share.
const (
	facility = "write 'log TARGET [format text|json|logfmt] [level L]'"
	tables   = "tables are learnt from the nodes: " + remove
	health   = "peers are watched by the protocol's own heartbeat: " + drop
	proxied  = "sessions between peers go without a PROXY header: " + drop
)

package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// kind is the type of a metric, in Prometheus' word.
type kind string

const (
	gauge     kind = "gauge"
	counter   kind = "counter"
	histogram kind = "histogram"
)

// metric is one family of series. What it means stands here once: descriptors are made of it, and
// doc/metrics.md is held against it.
type metric struct {
	name   string // without the prefix
	kind   kind
	labels string // separated by blanks
	help   string // a sentence, without its end
}

const prefix = "tallystick_"

// catalogue lists every metric of ours, in the order of doc/metrics.md.
var catalogue = []metric{
	{"build_info", gauge, "version goversion", "1; the labels say what runs"},
	{"reload_last_good", gauge, "", "1 if the configuration that was read last serves, 0 if it was refused and the one before goes on"},
	{"reload_last_timestamp_seconds", gauge, "", "When the configuration was read last, since the epoch; our start if it was not read again"},
	{"reloads_total", counter, "result", "Times that the configuration was read again: good, it serves; bad, it was refused"},
	{"limits_hit_total", counter, "limit", "Times that a limit of the program was met"},
	{"refusals_total", counter, "reason", "Callers that were not let in"},
	{"entries_evicted_total", counter, "", "Entries that made room for others of the same peer, since max-entries was reached"},
	{"log_lines_lost_total", counter, "", "Log lines that were not written, since the target was too slow or refused them"},
	{"certificate_expiry_timestamp_seconds", gauge, "file", "When the first certificate in the file ends, since the epoch"},

	{"section_warm", gauge, "section", "1 once sums are pushed, 0 during the warm-up after our start"},
	{"section_observe", gauge, "section", "1 if the section only observes: nothing is pushed, taught or restored"},
	{"lint_findings", gauge, "section rule severity", "What is wrong in the cluster at present, as 'show lint' tells it; section is empty for the program as a whole"},
	{"group_takeovers_total", counter, "section group", "Times that another replica of the group came to count; group is empty for the peers above us that are in none"},
	{"group_disagreements", gauge, "section group", "Tables about which the replicas of the group disagree by more than a tenth for longer than 10 s"},
	{"push_lag_seconds", histogram, "section", "From the arrival of the oldest change in a push until the push was handed to the kernel; one observation for each push of a table to a peer"},

	{"peer_up", gauge, "section peer role", "1 if the peer has a session; of peer=\"other\" how many have one"},
	{"peer_state_seconds", gauge, "section peer", "For how long the peer has had a session, or has had none; not of peer=\"other\""},
	{"peer_sessions_total", counter, "section peer", "Sessions that were established with the peer"},
	{"peer_drops_total", counter, "section peer", "Sessions of the peer that ended, for whatever reason"},
	{"peer_protocol_errors_total", counter, "section peer", "Sessions that ended since the peer sent a malformed message"},
	{"peer_collisions_total", counter, "section peer", "Sessions that were replaced by a newer one of the same name"},
	{"peer_silences_total", counter, "section peer", "Sessions that ended since nothing was heard of the peer"},
	{"peer_updates_received_total", counter, "section peer", "Updates of entries that the peer has sent"},
	{"peer_updates_sent_total", counter, "section peer", "Updates of entries that the peer was sent"},
	{"peer_messages_received_total", counter, "section peer", "Messages that the peer has sent, updates included"},
	{"peer_messages_sent_total", counter, "section peer", "Messages that the peer was sent, updates included"},
	{"peer_bytes_received_total", counter, "section peer", "Bytes that the peer has sent, without those of TLS"},
	{"peer_bytes_sent_total", counter, "section peer", "Bytes that the peer was sent, without those of TLS"},
	{"peer_lessons_asked_total", counter, "section peer", "Lessons (full resyncs) that the peer has asked us for"},
	{"peer_lessons_given_total", counter, "section peer", "Lessons that we gave the peer to their end"},
	{"peer_lesson_running", gauge, "section peer direction", "1 while a lesson is given: from_peer, it teaches us; to_peer, we teach it"},
	{"peer_acks_behind", gauge, "section peer name", "Changes of a table that the peer was sent and has not acked"},

	{"table_entries", gauge, "section name type", "Entries of a table that we publish"},
	{"table_contributions", gauge, "section name type", "Contributions of members to the entries, those that do not count included"},
	{"table_contributions_expired_total", counter, "section name type", "Contributions whose life ended"},
	{"table_entries_expired_total", counter, "section name type", "Entries that went with their last contribution"},
	{"table_bytes", gauge, "section name type", "Memory of the table: entries, contributions, keys and index"},
	{"table_changes_total", counter, "section name type", "Times that an entry changed, so that it is due to receivers"},
	{"table_sums_pushed_total", counter, "section name type", "Entries that were sent to peers, lessons included; one that goes to three peers is three"},
	{"table_disagreements", gauge, "section name type", "Definitions of members, or columns of them, that do not count since others define the table otherwise"},
	{"table_receivers_missing", gauge, "section name type", "Peers that should hear the table and do not: they have not announced it, or cannot take it"},
}

// words are the labels of a metric.
func (m *metric) words() []string { return strings.Fields(m.labels) }

// describe makes the descriptor of a metric.
func (m *metric) describe() *prometheus.Desc {
	return prometheus.NewDesc(prefix+m.name, m.help+".", m.words(), nil)
}

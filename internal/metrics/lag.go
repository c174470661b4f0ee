package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"tallystick/internal/view"
)

// lagMetric is a histogram in both of Prometheus' forms: classic buckets, which every format has, and
// native ones, for those who ask in protobuf. client_golang's constant histograms have one of the two.
type lagMetric struct {
	desc    *prometheus.Desc
	section string
	is      *view.Histogram
}

const (
	schema = 3 // of native buckets: eight to a power of two
	// nothing is up to where values are zero: what is shorter than a clock can tell.
	nothing = 1e-9
)

// Desc implements prometheus.Metric.
func (m *lagMetric) Desc() *prometheus.Desc { return m.desc }

// Write implements prometheus.Metric.
func (m *lagMetric) Write(to *dto.Metric) error {
	to.Label = []*dto.LabelPair{{Name: new("section"), Value: &m.section}}
	h := &dto.Histogram{SampleCount: new(m.is.Count), SampleSum: new(m.is.Sum)}
	sum := uint64(0)
	for i, bound := range m.is.Bounds {
		sum += m.is.Counts[i]
		h.Bucket = append(h.Bucket, &dto.Bucket{CumulativeCount: new(sum), UpperBound: new(bound)})
	}
	h.Schema, h.ZeroThreshold, h.ZeroCount = new(int32(schema)), new(float64(nothing)), new(uint64(0))
	h.PositiveSpan, h.PositiveDelta = spans(m.is.First, m.is.Fine)
	to.Histogram = h
	return nil
}

// spans are buckets as they are transported: runs of those that are not empty, and each number as the
// difference to the one before.
func spans(first int, counts []uint64) (list []*dto.BucketSpan, deltas []int64) {
	last, gap, open := int64(0), int32(first), false
	for _, n := range counts {
		if n == 0 {
			open = false
			gap++
			continue
		}
		if !open {
			list = append(list, &dto.BucketSpan{Offset: new(gap), Length: new(uint32(0))})
			gap, open = 0, true
		}
		*list[len(list)-1].Length++
		deltas = append(deltas, int64(n)-last)
		last = int64(n)
	}
	if list == nil { // an empty span tells a native histogram without observations from none
		list = []*dto.BucketSpan{{Offset: new(int32(0)), Length: new(uint32(0))}}
	}
	return list, deltas
}

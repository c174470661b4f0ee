package logs

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// queueSize is how many lines may wait for a slow target: enough for the burst when a
// whole cluster comes back, about 200 KiB.
const queueSize = 1024

// output is one target: a queue and the goroutine that empties it, which alone touches
// the sink. Whoever logs formats the line and hands it over, or counts it as lost.
type output struct {
	line   Line
	level  slog.LevelVar
	prefix func([]byte, *Event) []byte    // what stands before the line: syslog's header
	open   func() (io.WriteCloser, error) // for reopen: the new sink, or nil to stay; nil if that has no meaning
	bare   bool                           // text goes without the time

	queue chan []byte
	next  chan io.WriteCloser // the sink to go on with
	quit  chan struct{}
	done  chan struct{}

	lines, lost atomic.Uint64
	err         atomic.Pointer[string]
}

// start begins to write to sink.
func (o *output) start(sink io.WriteCloser) {
	o.queue = make(chan []byte, queueSize)
	o.next = make(chan io.WriteCloser, 1)
	o.quit = make(chan struct{})
	o.done = make(chan struct{})
	o.level.Set(o.line.Level)
	w := &writer{output: o, sink: sink}
	go w.run()
}

func (o *output) wants(level slog.Level) bool { return level >= o.level.Level() }

// take queues the line of e, or loses it.
func (o *output) take(e *Event) {
	select {
	case o.queue <- o.format(e):
	default:
		o.lost.Add(1)
	}
}

func (o *output) format(e *Event) []byte {
	var b []byte
	if o.prefix != nil {
		b = o.prefix(b, e)
	}
	return append(o.line.Format.append(b, e, !o.bare), '\n')
}

// reopen hands the writer a new sink. Lines that wait already go there, too.
func (o *output) reopen() error {
	if o.open == nil {
		return nil
	}
	sink, err := o.open()
	if err != nil {
		return fmt.Errorf("log file %s goes on as it was: %w", o.line.Path, err)
	}
	if sink == nil {
		return nil
	}
	select {
	case unused := <-o.next: // the writer hangs since the last time
		unused.Close()
	default:
	}
	o.next <- sink
	return nil
}

func (o *output) stats() Stats {
	s := Stats{Target: o.line.String(), Lines: o.lines.Load(), Lost: o.lost.Load()}
	if err := o.err.Load(); err != nil {
		s.Err = *err
	}
	return s
}

// closeAll ends the outputs and gives them together closeTime to write what waits. One
// that still hangs then is left alone: its goroutine ends with the write it hangs in.
func closeAll(outs []*output) {
	for _, o := range outs {
		close(o.quit)
	}
	late := time.NewTimer(closeTime)
	defer late.Stop()
	for _, o := range outs {
		select {
		case <-o.done:
		case <-late.C:
			return
		}
	}
}

// writer is the goroutine's side of an output.
type writer struct {
	*output
	sink io.WriteCloser
	told uint64 // losses that the target knows of
	torn bool   // the last line ended in the middle
}

func (w *writer) run() {
	defer close(w.done)
	defer func() { w.sink.Close() }()
	for {
		select {
		case line := <-w.queue:
			w.write(line)
		case sink := <-w.next:
			w.change(sink)
		case <-w.quit:
			w.drain()
			return
		}
	}
}

// drain writes what waits.
func (w *writer) drain() {
	for {
		select {
		case line := <-w.queue:
			w.write(line)
		case sink := <-w.next:
			w.change(sink)
		default:
			return
		}
	}
}

func (w *writer) change(sink io.WriteCloser) {
	w.sink.Close()
	w.sink, w.torn = sink, false
}

// write writes one line, after a word on those that are missing before it.
func (w *writer) write(line []byte) {
	select {
	case sink := <-w.next: // what is logged after Reopen goes to the new file
		w.change(sink)
	default:
	}
	if lost := w.lost.Load(); lost > w.told && w.put(w.lossNotice(lost-w.told)) == nil {
		w.told = lost
	}
	if err := w.put(line); err != nil {
		w.lost.Add(1)
		return
	}
	w.lines.Add(1)
}

func (w *writer) lossNotice(n uint64) []byte {
	return w.format(&Event{
		Time: time.Now(), Level: LevelWarning, Message: "log lines were lost here",
		Fields: []Field{{"lines", slog.Uint64Value(n)}},
	})
}

// put writes one line whole. A disk may fill up in the middle of one: the next starts
// on a line of its own.
func (w *writer) put(line []byte) error {
	if w.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := w.sink.Write(line)
	if err == nil {
		w.torn = false
		return nil
	}
	w.torn = w.torn && n == 0 || n > 0
	text := errors.Unwrap(err)
	if text == nil {
		text = err
	}
	s := text.Error()
	w.err.Store(&s)
	return err
}

// Package top is the terminal's view of a running tallystick: sessions, tables, the largest keys and what is wrong,
// again every second. It reads the same API as the page, through a Source, and so works wherever a stats socket is reached.
//
// It is an edge room: it owns the terminal while it runs, and gives it back as it was. It changes nothing in the program,
// and holds no connection of its own.
package top

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"golang.org/x/term"
)

// Options are what is shown where.
type Options struct {
	In     *os.File      // the keyboard; nil or no terminal: no keys, and Out is written line by line
	Out    io.Writer     // the screen
	Every  time.Duration // between two readings; at least 100 ms
	Times  int           // readings until it ends by itself; 0: until q
	Colour bool
	Width  int // of Out where it is no terminal; 0: 120
	Height int // 0: 50
}

// Run shows the program until ctx ends, q is pressed, or Options.Times have been shown. An error of the source is
// shown and tried again while there is somebody to see it; else it is returned.
func Run(ctx context.Context, from Source, o Options) error {
	o.Every = max(o.Every, 100*time.Millisecond)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	v := &viewer{Options: o, from: from, keys: make(chan string), stop: stop}
	if o.In == nil || !term.IsTerminal(int(o.In.Fd())) {
		v.In = nil
		return v.loop(ctx)
	}
	before, err := term.MakeRaw(int(o.In.Fd()))
	if err != nil {
		return fmt.Errorf("terminal: %w", err)
	}
	// The other screen, without a cursor, so that what was on the terminal is there again afterwards.
	fmt.Fprint(o.Out, "\x1b[?1049h\x1b[?25l")
	defer func() {
		fmt.Fprint(o.Out, "\x1b[?25h\x1b[?1049l")
		_ = term.Restore(int(o.In.Fd()), before)
	}()
	go v.listen(ctx)
	return v.loop(ctx)
}

// viewer is one run. Everything but listen belongs to the goroutine of loop.
type viewer struct {
	Options
	from   Source
	keys   chan string
	stop   func()
	choice choice
	paused bool
	help   bool
	last   *sample
	note   string // what went wrong with the last reading
}

// loop reads and draws by turns.
func (v *viewer) loop(ctx context.Context) error {
	tick := time.NewTicker(v.Every)
	defer tick.Stop()
	resized := make(chan os.Signal, 1)
	signal.Notify(resized, syscall.SIGWINCH)
	defer signal.Stop(resized)
	for n := 1; ; n++ {
		if err := v.refresh(); err != nil && v.In == nil {
			return err
		}
		v.draw()
		if n == v.Times {
			return nil
		}
		for again := false; !again; {
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				again = !v.paused
			case <-resized:
				v.draw()
			case key := <-v.keys:
				again = v.press(key)
				v.draw()
			}
		}
	}
}

// refresh reads the program. What was read before stays if that fails, under a line that says so.
func (v *viewer) refresh() error {
	_, height := v.size()
	m, err := read(v.from, &v.choice, min(1000, max(5, height/2)))
	if err != nil {
		v.note = "these are old numbers: " + err.Error()
		return err
	}
	v.last, v.note = m, ""
	return nil
}

// press does what a key is for, and reports whether to read at once.
func (v *viewer) press(key string) (again bool) {
	if v.help {
		v.help = false
		return false
	}
	switch key {
	case "q", "Q", "\x03", "\x04":
		v.stop()
	case "?", "h":
		v.help = true
	case " ", "p":
		v.paused = !v.paused
		return !v.paused
	case "\x1b[B", "j", "\t":
		return v.step(1)
	case "\x1b[A", "k", "\x1b[Z":
		return v.step(-1)
	case "s", "\x1b[C", "\x1b[D":
		if v.last != nil {
			v.choice.turn(v.last.Tables)
		}
		return true
	}
	return false
}

func (v *viewer) step(n int) bool {
	if v.last != nil {
		v.choice.move(v.last.Tables, n)
	}
	return true
}

const helpText = `
  tallystick top

  up, down, j, k, tab   the table whose keys are shown
  left, right, s        the column by which they are sorted
  space, p              hold the picture, and let it go on
  q, Ctrl-C             leave
  ?, h                  this

  UNACKED  changes that a peer has been sent and has not acked yet
  LAG P99  99 of 100 changes were pushed within that time
  NOT AT   peers that the table is not sent to; "show topology" says why

  any key goes back
`

// draw puts the last reading on the screen.
func (v *viewer) draw() {
	width, height := v.size()
	s := &screen{width: width, height: height, colour: v.Colour}
	switch {
	case v.help:
		s.lines = strings.Split(strings.Trim(helpText, "\n"), "\n")
	case v.last == nil:
		s.line(cut(plain(v.note), width))
	default:
		note := v.note
		if v.paused && note == "" {
			note = "held: space goes on"
		}
		s.draw(v.last, &v.choice, note)
	}
	if v.In == nil {
		fmt.Fprintln(v.Out, strings.Join(s.lines, "\n"))
		return
	}
	// Over the last picture, each line to its end, so that nothing flickers.
	fmt.Fprint(v.Out, "\x1b[H"+strings.Join(s.lines[:min(len(s.lines), height)], "\x1b[K\r\n")+"\x1b[K\x1b[J")
}

// size is that of the terminal, or what was asked for.
func (v *viewer) size() (width, height int) {
	if f, ok := v.Out.(*os.File); ok && v.In != nil {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			return w, h
		}
	}
	width, height = v.Width, v.Height
	if width <= 0 {
		width = 120
	}
	if height <= 0 {
		height = 50
	}
	return width, height
}

// listen reads keys, an escape sequence as one. It ends with the program, since nothing wakes a read of a terminal.
func (v *viewer) listen(ctx context.Context) {
	in := bufio.NewReader(v.In)
	for {
		key, err := readKey(in)
		if err != nil {
			v.stop()
			return
		}
		select {
		case v.keys <- key:
		case <-ctx.Done():
			return
		}
	}
}

// readKey reads one key: a byte, or ESC [ and what follows up to a letter, if that is there already.
func readKey(in *bufio.Reader) (string, error) {
	b, err := in.ReadByte()
	if err != nil || b != 0x1b || in.Buffered() == 0 {
		return string(rune(b)), err
	}
	key := []byte{b}
	for in.Buffered() > 0 && len(key) < 8 {
		if b, err = in.ReadByte(); err != nil {
			return "", err
		}
		if key = append(key, b); len(key) > 2 && b >= '@' {
			break
		}
	}
	return string(key), nil
}

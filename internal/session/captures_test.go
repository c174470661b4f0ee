package session

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tallystick/internal/wire"
)

// TestCaptures plays what real HAProxys of ten versions said in every session that wire's
// tests have bytes of. They had talked to somebody else, who answered at other times, so
// little of the course is right; but every message is taken, every row applied, every
// answer confirmed, and what is said is sound. The transcripts hold four of them in full.
func TestCaptures(t *testing.T) {
	files, err := filepath.Glob("../wire/testdata/captures/*.txt")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var memory Memory
			rows := 0
			for _, said := range strings.Split(string(text), "\nsession")[1:] {
				rows += replay(t, &memory, said)
			}
			if rows == 0 {
				t.Error("the capture has no row at all")
			}
		})
	}
}

// replay plays the peer's messages of one captured session and returns its rows.
func replay(t *testing.T, memory *Memory, said string) (rows int) {
	m, e := &mute{}, &ear{greeting: true}
	s := New(start, Config{Hello: wire.Hello{Minor: 1, PID: "1"}, Patient: true, Memory: memory, Source: m, Sink: m})
	now := start
	var answers, confirms int
	for line := range strings.Lines(said) {
		word, ours := strings.CutPrefix(line, "< ")
		if !ours {
			continue
		}
		word, _, _ = strings.Cut(word, " ")
		b, err := hex.DecodeString(strings.TrimSpace(word))
		if err != nil {
			t.Fatal(err)
		}
		if !isMessage(b) {
			continue // a line of the handshake
		}
		switch {
		case b[0] == wire.ClassControl && (b[1] == wire.ResyncFinished || b[1] == wire.ResyncPartial):
			answers++
		case b[0] == wire.ClassStick && b[1] != wire.Definition && b[1] != wire.Ack:
			rows++
		}
		now = now.Add(100 * time.Millisecond)
		if n, err := s.Receive(now, b); n != len(b) || err != nil {
			t.Fatalf("% x: %d bytes taken, %v", b, n, err)
		}
		words, err := e.words(s.Append(now, nil))
		if err != nil {
			t.Fatal(err)
		}
		confirms += strings.Count(words, "confirm")
	}
	if m.applied != rows || confirms != answers {
		t.Errorf("%d rows of %d applied, %d answers of %d confirmed", m.applied, rows, confirms, answers)
	}
	return rows
}

func isMessage(b []byte) bool {
	_, n, err := wire.Next(b)
	return err == nil && n == len(b) && (b[0] == wire.ClassControl || b[0] == wire.ClassStick)
}

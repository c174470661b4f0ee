package secure

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
)

// Error is one complaint about a file: an operator's fault. It prints as
//
//	certificate file /etc/us.pem, block 2 at line 31: the key is encrypted: ...
type Error struct {
	File  string
	Block int    // PEM block, from 1; 0 if the file as a whole is meant
	Row   int    // line of the file on which the block begins, from 1
	Msg   string // what is wrong, and what to do
	cause error
}

// Error names the file and what is wrong with it.
func (e *Error) Error() string {
	if e.Block == 0 {
		return fmt.Sprintf("certificate file %s: %s", e.File, e.Msg)
	}
	return fmt.Sprintf("certificate file %s, block %d at line %d: %s", e.File, e.Block, e.Row, e.Msg)
}

// Unwrap returns what the system said, if it was the system.
func (e *Error) Unwrap() error { return e.cause }

// fileError is a complaint about a file as a whole.
func fileError(file, format string, args ...any) *Error {
	return &Error{File: file, Msg: fmt.Sprintf(format, args...)}
}

// systemError says what the system said of a file, without its name for a second time.
func systemError(file string, err error) *Error {
	msg := err
	var path *fs.PathError
	if errors.As(err, &path) {
		msg = path.Err
	}
	e := fileError(file, "%v", msg)
	if errors.Is(err, fs.ErrPermission) {
		e.Msg += ": whom we run as must be able to read it, after the start, too"
	}
	e.cause = err
	return e
}

// block is one PEM block and where it stands.
type block struct {
	file        string
	number, row int // from 1
	*pem.Block
}

// errorf is a complaint about the block.
func (b block) errorf(format string, args ...any) *Error {
	return &Error{File: b.file, Block: b.number, Row: b.row, Msg: fmt.Sprintf(format, args...)}
}

var (
	byteOrderMark = []byte("\xef\xbb\xbf") // what some editors of Windows put in front
	begin         = []byte("-----BEGIN ")
)

// blocks cuts text into its PEM blocks; whatever stands around them is skipped, as in
// HAProxy. Package pem would skip a damaged block, too, and take the file for one that has
// fewer: here it is an error.
func blocks(file string, text []byte) (all []block, err error) {
	skipped, text := nextBegin(bytes.TrimPrefix(text, byteOrderMark))
	for row := 1 + skipped; text != nil; row += skipped {
		var after []byte
		skipped, after = nextBegin(text[len(begin):])
		b := block{file: file, number: len(all) + 1, row: row}
		// Decode sees one BEGIN only, so that what it gives is that block and no later one.
		if b.Block, _ = pem.Decode(text[:len(text)-len(after)]); b.Block == nil {
			return nil, b.errorf("it is damaged or cut off: copy it anew, from its BEGIN to its END")
		}
		all, text = append(all, b), after
	}
	return all, nil
}

// nextBegin returns text from its next line that begins a block, nil if there is none, and
// how many lines were skipped.
func nextBegin(text []byte) (lines int, from []byte) {
	for from = text; len(from) > 0; lines++ {
		if bytes.HasPrefix(from, begin) {
			return lines, from
		}
		i := bytes.IndexByte(from, '\n')
		if i < 0 {
			break
		}
		from = from[i+1:]
	}
	return lines, nil
}

package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"
)

// file is one embedded file, ready to be sent.
type file struct {
	kind string // Content-Type
	body []byte
	gzip []byte // body compressed; nil if that saves nothing
	etag string // of body, without quotes
}

func newFile(kind string, body []byte) *file {
	sum := sha256.Sum256(body)
	f := &file{kind: kind, body: body, etag: fmt.Sprintf("%x", sum[:8])}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	z.Write(body) // into memory: nothing can go wrong before Close
	if err := z.Close(); err == nil && b.Len() < len(body) {
		f.gzip = b.Bytes()
	}
	return f
}

// serve answers with the file, or 304 if the client has it. Files have no names that change with what is
// in them, so the client asks each time (no-cache) and is told in a few bytes that nothing is new: after an
// upgrade nobody looks at the page of yesterday.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.kind)
	header.Set("Cache-Control", "no-cache")
	header.Add("Vary", "Accept-Encoding")
	body, etag := f.body, f.etag
	if f.gzip != nil && acceptsGzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		body, etag = f.gzip, f.etag+"-gz" // other bytes, another tag
	}
	header.Set("ETag", `"`+etag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

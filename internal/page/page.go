// Package page is the web page: a handful of static files, embedded, and the handler that gives them
// out. All that the page shows it reads itself, in the browser, from the API under /api/v1/.
//
// It knows nothing of tables or peers, never calls the API, and asks nobody outside for anything: no
// font, no script, no picture comes from another address. The web room mounts it at "/", behind the same
// authentication as the API.
package page

import (
	"embed"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Policy is the Content-Security-Policy of every answer. Scripts are the embedded files alone, nothing is
// inline, nobody may frame the page, and with require-trusted-types-for the browser itself refuses to make HTML
// out of a string: a key is text, whatever stands in it.
const Policy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'; " +
	"require-trusted-types-for 'script'; trusted-types 'none'"

//go:embed static
var static embed.FS

// types are the kinds of file that there are. The system's own table is not asked: it differs between
// machines, and with nosniff a module of the wrong type does not run at all.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
}

// Handler gives out the files, index.html as "/". Paths that it does not know are 404, methods other than
// GET and HEAD 405. Files are compressed once, here, which takes some ten milliseconds; the handler itself
// changes nothing and may be called by any number of goroutines.
func Handler() http.Handler {
	files := map[string]*file{}
	err := fs.WalkDir(static, "static", func(name string, d fs.DirEntry, err error) error {
		kind := types[path.Ext(name)]
		if err != nil || d.IsDir() || kind == "" {
			return err // licences and README lie beside the files, and are no part of the page
		}
		body, err := static.ReadFile(name)
		if err == nil {
			files[strings.TrimPrefix(name, "static")] = newFile(kind, body)
		}
		return err
	})
	if err != nil {
		panic("page: embedded files cannot be read: " + err.Error()) // they are in the binary
	}
	files["/"] = files["/index.html"]
	delete(files, "/index.html") // one address for one thing
	return handler(files)
}

// handler is what is served, by path.
type handler map[string]*file

// ServeHTTP implements http.Handler.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", Policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "the page is only read: GET or HEAD", http.StatusMethodNotAllowed)
		return
	}
	f := h[r.URL.Path]
	if f == nil {
		http.Error(w, "no such file; the page is at /", http.StatusNotFound)
		return
	}
	f.serve(w, r)
}

// acceptsGzip reads Accept-Encoding: a word "gzip" or "*" that is not refused with q=0.
func acceptsGzip(header string) bool {
	for word := range strings.SplitSeq(header, ",") {
		name, params, err := mime.ParseMediaType(strings.TrimSpace(word))
		q := strings.Trim(params["q"], "0.")
		if err == nil && (name == "gzip" || name == "*") && (params["q"] == "" || q != "") {
			return true
		}
	}
	return false
}

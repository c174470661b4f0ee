package secure

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"time"
)

// Explain says in an operator's words why a handshake, or the first Read behind it, has
// failed, and which line to change; what the library said stands behind it in brackets.
// An error that it does not know is returned as it is, and nil as "".
func Explain(err error) string {
	if err == nil {
		return ""
	}
	for _, f := range []func(error) string{explainCertificate, explainAlert, explainHandshake, explainEnd} {
		if s := f(err); s != "" {
			return s + " (" + err.Error() + ")"
		}
	}
	return err.Error() // a NameError says it all
}

// explainCertificate knows what is wrong with the peer's certificate.
func explainCertificate(err error) string {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		return "its certificate comes from an authority that our 'ca-file' does not have: add the authority's certificate to it; if it is there, the peer's 'crt' lacks what lies between"
	case !errors.As(err, &invalid):
		return ""
	}
	switch invalid.Reason {
	case x509.Expired:
		if invalid.Cert != nil && time.Now().Before(invalid.Cert.NotBefore) {
			return "its certificate is not valid yet: one of the two clocks is wrong"
		}
		return "its certificate has ended: the peer needs a new 'crt', or one of the two clocks is wrong"
	case x509.IncompatibleUsage:
		return "its certificate is not made for this direction: a peer calls and is called, so it needs extendedKeyUsage=serverAuth,clientAuth"
	}
	return "its certificate cannot be trusted"
}

// alerts are what the other side says when it refuses us, by number (RFC 8446, B.2).
var alerts = []struct {
	number tls.AlertError
	words  string
}{
	{40, "the other side refused the handshake: it wants a certificate of us ('crt' on the line), or no cipher is known to both"},
	{42, "the other side refused our certificate: its log says why; does its CA file have the authority of our 'crt', and is it for the name that it wants?"},
	{43, "the other side cannot use our certificate: give 'crt' one with a key of RSA or ECDSA"},
	{44, "the other side holds our certificate for revoked: give 'crt' a new one"},
	{45, "the other side says that our certificate has ended: give 'crt' a new one, or one of the two clocks is wrong"},
	{46, "the other side refused our certificate: its log says why"},
	{48, "the other side does not know the authority of our certificate: add it to the CA file there, or what lies between to our 'crt'"},
	{49, "the other side does not let our certificate in: its log says why"},
	{70, "the other side speaks neither TLS 1.2 nor 1.3: allow one of them there ('ssl-min-ver TLSv1.2')"},
	{71, "the other side wants stronger ciphers than we have"},
	{112, "the other side has no certificate for the name that we asked for: correct 'verifyhost', or the host on the peer's line"},
	{116, "the other side wants a certificate of us: add 'crt FILE' to the line"},
}

// explainAlert knows what the other side said. crypto/tls keeps the type of an alert to
// itself, but not the words for its number.
func explainAlert(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" {
		return ""
	}
	for _, a := range alerts {
		if op.Err.Error() == a.number.Error() {
			return a.words
		}
	}
	return "the other side ended the handshake: its log says why"
}

// explainHandshake knows how a handshake fails before a certificate is judged. Most of
// these errors have no type; a test makes each.
func explainHandshake(err error) string {
	var record tls.RecordHeaderError
	switch text := err.Error(); {
	case errors.As(err, &record):
		return "the other side does not speak TLS: add 'ssl' to its line for us (in HAProxy to the 'server' or 'bind' line), or take it out of ours"
	case strings.Contains(text, "didn't provide a certificate"):
		return "it gave no certificate: add 'crt' to its line for us, or write 'verify optional' on ours"
	case strings.Contains(text, "unsupported versions"), strings.Contains(text, "unsupported protocol version"):
		return "it speaks neither TLS 1.2 nor 1.3: allow one of them there ('ssl-min-ver TLSv1.2')"
	case strings.Contains(text, "no cipher suite supported by both"):
		return "no cipher is known to both: take the list of ciphers out there"
	}
	return ""
}

// explainEnd knows a handshake that just ended.
func explainEnd(err error) string {
	var late net.Error
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the other side ended the connection without a word of TLS: does its line for us have 'ssl' (in HAProxy the 'server' or 'bind' line)? its log may say more"
	case errors.As(err, &late) && late.Timeout():
		return "the handshake was not finished in time: does the other side speak TLS?"
	}
	return ""
}

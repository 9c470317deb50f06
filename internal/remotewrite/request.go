package remotewrite

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/snappy"
)

// maxAnswer bounds what is read of an answer; its beginning is logged.
const (
	maxAnswer = 64 << 10
	maxQuoted = 200
)

// try sends a batch once and says what came of it.
func (w *Writer) try(ctx context.Context, client *http.Client, batch []*scrape) outcome {
	req, err := w.request(ctx, batch)
	if err != nil {
		return outcome{verdict: refused, err: err}
	}
	resp, err := client.Do(req)
	if err != nil {
		return outcome{verdict: again, err: err}
	}
	defer func() { _ = resp.Body.Close() }() // what it says has been read, or does not matter
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	return judge(resp, answer, w.version)
}

func (w *Writer) request(ctx context.Context, batch []*scrape) (*http.Request, error) {
	body := snappy.Encode(nil, encode(w.version, batch))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.o.URL, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	// Remote write 1.0, "Protocol"; 2.0, "Required Headers".
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("Content-Type", "application/x-protobuf")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	if w.version == V2 {
		req.Header.Set("Content-Type", "application/x-protobuf;proto=io.prometheus.write.v2.Request")
		req.Header.Set("X-Prometheus-Remote-Write-Version", "2.0.0")
	}
	req.Header.Set("User-Agent", w.o.UserAgent)
	if w.o.Authorize != nil {
		w.o.Authorize(req)
	}
	return req, nil
}

// judge reads an answer (remote write 1.0, "Retries & Backoff"; 2.0, "Required Response
// Headers" and "Retries on 4xx and 5xx").
func judge(resp *http.Response, answer []byte, version int) outcome {
	o := outcome{status: resp.StatusCode, written: written(resp.Header)}
	class := resp.StatusCode / 100
	switch {
	case class == 2 && version == V2 && o.written < 0:
		// An old receiver reads the message of version 2 as an empty one of version 1
		// and is content: the numbers of the fields are chosen so.
		o.verdict, o.err = older, errNoWord
	case class == 2:
		o.verdict = taken
	case resp.StatusCode == http.StatusUnsupportedMediaType && version == V2:
		o.verdict, o.err = older, said(resp, answer)
	case class == 5, resp.StatusCode == http.StatusTooManyRequests:
		o.verdict, o.wait, o.err = again, askedPause(resp.Header), said(resp, answer)
	default:
		o.verdict, o.err = refused, said(resp, answer)
	}
	o.written = max(o.written, 0)
	return o
}

// written is how many samples and histograms the receiver says it has taken; -1 if it
// says nothing.
func written(h http.Header) int {
	sum := -1
	for _, what := range []string{"Samples", "Histograms"} {
		if n, err := strconv.Atoi(h.Get("X-Prometheus-Remote-Write-" + what + "-Written")); err == nil && n >= 0 {
			sum = max(sum, 0) + n
		}
	}
	return sum
}

// askedPause is Retry-After in either form (RFC 9110 §10.2.3). A date is measured against
// the receiver's own clock; ours may be wrong.
func askedPause(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, retryAfter)
	}
	at, err := http.ParseTime(text)
	now, nowErr := http.ParseTime(h.Get("Date"))
	if err != nil || nowErr != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), retryAfter)
}

// said quotes the beginning of an answer. A receiver that shows what it was sent shows
// how we log in, too: that is taken out (M8).
func said(resp *http.Response, answer []byte) error {
	for _, secret := range secretsOf(resp.Request) {
		answer = bytes.ReplaceAll(answer, []byte(secret), []byte("[hidden]"))
	}
	if len(answer) > maxQuoted {
		answer = answer[:maxQuoted]
	}
	return fmt.Errorf("receiver answers %s: %q", resp.Status, bytes.TrimSpace(answer))
}

// secretsOf are the texts by which a request logs in.
func secretsOf(r *http.Request) (texts []string) {
	if f := strings.Fields(r.Header.Get("Authorization")); len(f) > 0 {
		texts = append(texts, f[len(f)-1])
	}
	if _, password, ok := r.BasicAuth(); ok && password != "" {
		texts = append(texts, password)
	}
	return texts
}

package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"syscall"

	"edged/internal/version"
)

// maxAnswer bounds what the client reads: a hundred thousand orders fit.
const maxAnswer = 1 << 30

// Client asks a daemon over its socket. Its errors are meant for people; they wrap
// ErrNotRunning, ErrPermission, or what the daemon answered. Its methods block for
// the answer, at most until their context ends.
type Client struct {
	path string
	http *http.Client
}

// NewClient makes a client of the daemon behind the socket at path.
func NewClient(path string) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return &Client{path: path, http: &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// Status asks for everything at a glance.
func (c *Client) Status(ctx context.Context) (Status, error) {
	return get[Status](ctx, c, "/v1/status")
}

// Version asks which edged is running.
func (c *Client) Version(ctx context.Context) (version.Info, error) {
	return get[version.Info](ctx, c, "/v1/version")
}

// Orders lists the newest orders.
func (c *Client) Orders(ctx context.Context, limit int, all bool) (Orders, error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}, "all": {strconv.FormatBool(all)}}
	return get[Orders](ctx, c, "/v1/orders?"+q.Encode())
}

// Order asks for one order with its journal.
func (c *Client) Order(ctx context.Context, orderID string) (OrderDetail, error) {
	return get[OrderDetail](ctx, c, "/v1/orders/"+url.PathEscape(orderID))
}

// Tasks lists what waits for a person.
func (c *Client) Tasks(ctx context.Context) (Tasks, error) {
	return get[Tasks](ctx, c, "/v1/tasks")
}

// Queue lists the outbox and the dead letters.
func (c *Client) Queue(ctx context.Context, limit int) (Entries, error) {
	return get[Entries](ctx, c, "/v1/queue?limit="+strconv.Itoa(limit))
}

// QueueEntry asks for one entry with its bytes.
func (c *Client) QueueEntry(ctx context.Context, n int64) (QueueDetail, error) {
	return get[QueueDetail](ctx, c, entry(n))
}

// Retry sends an entry now.
func (c *Client) Retry(ctx context.Context, n int64) (Done, error) {
	return call[Done](ctx, c, http.MethodPost, entry(n)+"/retry", nil)
}

// Drop closes an entry for good.
func (c *Client) Drop(ctx context.Context, n int64, drop Drop) (Done, error) {
	return call[Done](ctx, c, http.MethodPost, entry(n)+"/drop", drop)
}

// Ledger asks for the money of each terminal: the newest limit rows, or those of a day.
func (c *Client) Ledger(ctx context.Context, day string, limit int) (Ledger, error) {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	if day != "" {
		q.Set("day", day)
	}
	return get[Ledger](ctx, c, "/v1/ledger?"+q.Encode())
}

// LaneOut takes a lane out of service.
func (c *Client) LaneOut(ctx context.Context, lane, why string) (Done, error) {
	return call[Done](ctx, c, http.MethodPost, "/v1/lanes/"+url.PathEscape(lane)+"/out", Out{why})
}

// LaneIn brings a lane back.
func (c *Client) LaneIn(ctx context.Context, lane string) (Done, error) {
	return call[Done](ctx, c, http.MethodPost, "/v1/lanes/"+url.PathEscape(lane)+"/in", nil)
}

// TaskDone closes a task.
func (c *Client) TaskDone(ctx context.Context, n int64, d TaskDone) (Done, error) {
	return call[Done](ctx, c, http.MethodPost, "/v1/tasks/"+strconv.FormatInt(n, 10)+"/done", d)
}

// RefundEnded says how a refund ended.
func (c *Client) RefundEnded(ctx context.Context, orderID, number string, r RefundEnded) (Done, error) {
	end := "failed"
	if r.Done {
		end = "done"
	}
	return call[Done](ctx, c, http.MethodPost, "/v1/orders/"+url.PathEscape(orderID)+"/refunds/"+url.PathEscape(number)+"/"+end, r)
}

// Resume goes on with a parked order.
func (c *Client) Resume(ctx context.Context, orderID string) (Done, error) {
	return call[Done](ctx, c, http.MethodPost, "/v1/orders/"+url.PathEscape(orderID)+"/resume", nil)
}

// EndOfDay has a lane's terminal run it.
func (c *Client) EndOfDay(ctx context.Context, lane string) (Done, error) {
	return call[Done](ctx, c, http.MethodPost, "/v1/lanes/"+url.PathEscape(lane)+"/end-of-day", nil)
}

// Audit lists manual actions.
func (c *Client) Audit(ctx context.Context, limit int) (Audit, error) {
	return get[Audit](ctx, c, "/v1/audit?limit="+strconv.Itoa(limit))
}

func entry(n int64) string { return "/v1/queue/" + strconv.FormatInt(n, 10) }

func get[T any](ctx context.Context, c *Client, path string) (T, error) {
	return call[T](ctx, c, http.MethodGet, path, nil)
}

func call[T any](ctx context.Context, c *Client, method, path string, body any) (T, error) {
	var v T
	err := c.call(ctx, method, path, body, &v)
	return v, err
}

func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	return c.do(ctx, method, path, body, func(r io.Reader) error {
		answer, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		return json.Unmarshal(answer, into)
	})
}

// stream copies an answer that is no single value to w.
func (c *Client) stream(ctx context.Context, path string, w io.Writer) error {
	return c.do(ctx, http.MethodGet, path, nil, func(r io.Reader) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// do asks, and hands a good answer to take.
func (c *Client) do(ctx context.Context, method, path string, body any, take func(io.Reader) error) error {
	var send io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://edged"+path, send)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return c.explain(err)
	}
	defer resp.Body.Close()
	limited := io.LimitReader(resp.Body, maxAnswer)
	if resp.StatusCode != http.StatusOK {
		var f Failure
		_ = json.NewDecoder(limited).Decode(&f) // what is not JSON has no message
		return f.failed(resp.StatusCode)
	}
	if err := take(limited); err != nil {
		return fmt.Errorf("answer of edged: %w", err)
	}
	return nil
}

// explain says what is wrong in the words of the one who typed the command.
func (c *Client) explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w (no socket at %s)", ErrNotRunning, c.path)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("%w (nobody answers on %s)", ErrNotRunning, c.path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w on %s: %s", ErrPermission, c.path, owners(c.path))
	}
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	return fmt.Errorf("edged at %s: %w", c.path, err)
}

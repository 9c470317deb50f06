package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"edged/internal/demo/audit"
	"edged/internal/sim/world"
)

// orders asks the daemon, by its own command, for every order it knows.
func (d *demo) orders(ctx context.Context) ([]audit.Order, error) {
	out, err := d.edged(ctx, "order", "ls", "--all", "--limit", "100000", "--json")
	if err != nil {
		return nil, err
	}
	var list struct {
		Orders []audit.Order `json:"orders"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("edged order ls: %w", err)
	}
	return list.Orders, nil
}

// laneIn is the technician who looked at a door that no callback will ever close.
func (d *demo) laneIn(ctx context.Context) error {
	_, err := d.edged(ctx, "lane", "in", laneName)
	if err == nil {
		d.world.Record(world.NoteDone, audit.LaneIn)
	}
	return err
}

// edged runs one of the program's own commands against the daemon.
func (d *demo) edged(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := d.child.AwaitSocket(ctx); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, d.o.Exe, append(args, "--socket", d.site.socket)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("edged %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/logkey"
	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// taskKey makes a task unique: opening it again changes nothing.
type taskKey struct {
	order   purchase.OrderID
	lane    string
	kind    purchase.TaskKind
	subject string
}

// Task is something a person has to do.
type Task struct {
	N        int64             `json:"n"`
	Kind     purchase.TaskKind `json:"kind"`
	Order    purchase.OrderID  `json:"order_id,omitempty"`
	Lane     string            `json:"lane"`
	Subject  string            `json:"subject,omitempty"`
	Amount   money.Minor       `json:"amount_minor,omitempty"`
	Currency money.Currency    `json:"currency,omitempty"`
	Text     string            `json:"text"`
	OpenedAt int64             `json:"opened_at_ms"`
}

type task struct {
	Task
	row queue.N
}

func (t Task) key() taskKey {
	name := t.Lane
	if t.Order != "" {
		name = ""
	}
	return taskKey{t.Order, name, t.Kind, t.Subject}
}

func taskOf(c *change, eff purchase.OpenTask, now purchase.Stamp) Task {
	return Task{
		Kind: eff.Task, Order: c.state.Order, Lane: c.state.Terms.Lane, Subject: eff.Subject,
		Amount: eff.Amount, Currency: c.state.Terms.Currency, Text: eff.Text, OpenedAt: now.Wall,
	}
}

func (b *batch) openTask(tx *queue.Tx, seq queue.Seq, t Task) error {
	k := t.key()
	if _, ok := b.e.tasks[k]; ok && !slices.Contains(b.closed, k) {
		return nil
	}
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	row, err := tx.PutTask(0, seq, string(t.Kind), body)
	if err != nil {
		return err
	}
	t.N = int64(row)
	b.opened[k] = task{Task: t, row: row}
	return nil
}

func (b *batch) closeTask(tx *queue.Tx, k taskKey) error {
	if t, ok := b.opened[k]; ok {
		delete(b.opened, k)
		return tx.DeleteTask(t.row)
	}
	t, ok := b.e.tasks[k]
	if !ok || slices.Contains(b.closed, k) {
		return nil
	}
	b.closed = append(b.closed, k)
	return tx.DeleteTask(t.row)
}

func (b *batch) adoptTasks() {
	for _, k := range b.closed {
		delete(b.e.tasks, k)
	}
	for k, t := range b.opened {
		b.e.tasks[k] = t
	}
	b.e.metrics.tasks(b.e.tasks)
}

// TaskDone closes a task by hand. One of an order goes through the order, whose
// journal keeps who did it and how it ended. Errors: ErrUnknownTask, purchase's
// ErrPerson (it is ended in another way), the store's.
func (e *Engine) TaskDone(ctx context.Context, n int64, outcome, note, who string) error {
	var found *task
	err := e.do(ctx, func() {
		for _, t := range e.tasks {
			if t.N == n {
				found = &t
			}
		}
	})
	switch {
	case err != nil:
		return err
	case found == nil:
		return fmt.Errorf("task %d: %w", n, ErrUnknownTask)
	case found.Order == "":
		return e.laneTaskDone(ctx, *found)
	}
	_, err = e.Post(ctx, purchase.Event{Order: found.Order, Body: purchase.Person{
		Act: purchase.ActTaskDone, Task: found.Kind, Subject: found.Subject, Outcome: outcome, Note: note, Who: who,
	}})
	return err
}

func (e *Engine) laneTaskDone(ctx context.Context, t task) (err error) {
	failed := e.do(ctx, func() {
		err = e.write(func(tx *queue.Tx) error { return tx.DeleteTask(t.row) }, false)
		if err == nil {
			delete(e.tasks, t.key())
			e.metrics.tasks(e.tasks)
		}
	})
	return errors.Join(failed, err)
}

// DropStray forgets a callback of an order nobody knows, for good.
func (e *Engine) DropStray(ctx context.Context, n queue.N) (err error) {
	failed := e.do(ctx, func() {
		err = e.write(func(tx *queue.Tx) error { return tx.DeleteDead(n) }, false)
		if err == nil {
			e.forgetStray(n)
			e.metrics.dead.WithLabelValues(classCallback).Dec()
		}
	})
	return errors.Join(failed, err)
}

// Unpark goes on with an order that edged itself failed on. Errors: ErrUnknownOrder,
// ErrNotParked, the store's.
func (e *Engine) Unpark(ctx context.Context, id purchase.OrderID, who string) error {
	_, err := e.Post(ctx, purchase.Event{Order: id, Body: purchase.Person{Act: purchase.ActUnpark, Who: who}})
	return err
}

// laneTask opens a task that belongs to a lane, in a commit of its own.
func (e *Engine) laneTask(name string, eff lane.OpenTask) {
	b := e.newBatch()
	t := Task{Kind: eff.Task, Lane: name, Subject: eff.Subject, Text: eff.Text, OpenedAt: b.now.Wall}
	err := e.write(func(tx *queue.Tx) error { return b.openTask(tx, 0, t) }, true)
	if err != nil {
		e.log.Error("task is not stored", logkey.Lane, name, logkey.Kind, string(eff.Task), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
		return
	}
	b.adoptTasks()
}

func (e *Engine) loadTasks(snap *queue.Snapshot) {
	for _, row := range snap.Tasks {
		var t Task
		if err := json.Unmarshal(row.State, &t); err != nil {
			e.log.Error("task is unreadable", logkey.Kind, row.Kind, logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
			continue
		}
		t.N = int64(row.N)
		e.tasks[t.key()] = task{Task: t, row: row.N}
	}
	e.metrics.tasks(e.tasks)
}

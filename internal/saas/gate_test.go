package saas

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
)

func TestTheGateIsTheJudgeOfWhatLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer theirs.Close()
		defer ours.Close()
		conn := &gateConn{Conn: ours}
		if _, err := conn.Write([]byte("x")); !errors.Is(err, errGateClosed) {
			t.Errorf("a write without an exchange: %v", err)
		}
		a := &attempt{}
		conn.serve(a)
		wrote := make(chan error)
		go func() {
			_, err := conn.Write([]byte("request"))
			wrote <- err
		}()
		synctest.Wait() // the write waits for its reader
		if left, _ := a.end(); !left {
			t.Error("a write under way counts as not sent")
		}
		if _, err := theirs.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
		if err := <-wrote; err != nil {
			t.Errorf("the write that had begun: %v", err)
		}
		if _, err := conn.Write([]byte("more")); !errors.Is(err, errGateClosed) {
			t.Errorf("a write after the end: %v", err)
		}
	})
}

func TestTheEndShutsTheGateBeforeTheFirstByte(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	defer ours.Close()
	conn, a := &gateConn{Conn: ours}, &attempt{}
	conn.serve(a)
	if left, late := a.end(); left || late {
		t.Errorf("left %v, too late %v before anything was written", left, late)
	}
	// What was judged as not sent must not leave afterwards.
	if _, err := conn.Write([]byte("request")); !errors.Is(err, errGateClosed) {
		t.Errorf("a write after the judgement: %v", err)
	}
}

package admin

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"golang.org/x/sys/unix"
)

// Caller is the process at the other end of a connection, as the kernel says
// (SO_PEERCRED, unix(7)).
type Caller struct {
	UID, GID, PID int
	Known         bool
}

// String names the caller in journals and logs.
func (c Caller) String() string {
	if !c.Known {
		return "unknown caller"
	}
	return fmt.Sprintf("uid %d", c.UID)
}

type callerKey struct{}

// withCaller keeps the peer of a connection with its requests.
func withCaller(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, callerKey{}, peerOf(c))
}

// CallerOf is who sent the request.
func CallerOf(r *http.Request) Caller {
	c, _ := r.Context().Value(callerKey{}).(Caller)
	return c
}

func peerOf(c net.Conn) Caller {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return Caller{}
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return Caller{}
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err != nil || credErr != nil {
		return Caller{}
	}
	return Caller{UID: int(cred.Uid), GID: int(cred.Gid), PID: int(cred.Pid), Known: true}
}

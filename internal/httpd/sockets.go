package httpd

import (
	"fmt"
	"net"
	"os"

	"github.com/coreos/go-systemd/v22/activation"
)

// Sockets are the listening sockets that systemd handed over (sd_listen_fds(3)),
// by the FileDescriptorName= of their socket unit.
type Sockets struct {
	files map[string]*os.File
}

// Activated takes the sockets from the environment, once in the life of the
// process. Without socket activation there are none.
func Activated() *Sockets {
	s := &Sockets{files: map[string]*os.File{}}
	for _, f := range activation.Files(true) {
		if old := s.files[f.Name()]; old != nil {
			_ = old.Close() // two sockets of one name: the later one counts
		}
		s.files[f.Name()] = f
	}
	return s
}

// Listen is next, except that the socket of that name is used if systemd handed
// one over; it can be listened on again after a restart of the server.
func (s *Sockets) Listen(name string, next Listen) Listen {
	f := s.files[name]
	if f == nil {
		return next
	}
	return func(string, string) (net.Listener, error) {
		l, err := net.FileListener(f) // a duplicate: closing it leaves f open
		if err != nil {
			return nil, fmt.Errorf("socket %q of systemd: %w", name, err)
		}
		return l, nil
	}
}

package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/prometheus/client_golang/prometheus"
)

// databaseName is the database's file in the state directory.
const databaseName = "edged.db"

// Options of [Open].
type Options struct {
	// Dir is the state directory; it is created with mode 0700.
	Dir string

	// VFS is the registered name of the SQLite VFS; "" is the operating system. A
	// VFS that implements [FileOps] is used for the swapping of database files too.
	VFS string

	// Exclusive keeps the database locked and its WAL index in memory, for a VFS
	// without shared memory. Otherwise an engineer can read the database live.
	Exclusive bool

	// Logger is used by Open and the writer goroutine; nil discards.
	Logger *slog.Logger

	// Registerer takes the store's metrics; nil keeps them unregistered.
	Registerer prometheus.Registerer

	// ReserveBytes is the size of the money reserve; 0 keeps none.
	ReserveBytes int64

	steps     []migration // of tests; nil: schema()
	pragmas   []string    // of tests; nil: pragmas(Exclusive)
	smallFile int64       // of tests; 0: quickCheckBelow
}

// Store is the open store. Its methods may be called from many goroutines.
type Store struct {
	o       Options
	path    string
	vfsName string
	files   FileOps
	meter   *meter
	metrics *metrics
	log     *slog.Logger
	lock    *os.File

	reportMu sync.Mutex
	report   OpenReport
	bad      map[string]Quarantined // by name of the side file: what is known already

	requests  chan *request
	laterKick chan struct{}
	stopping  chan struct{} // closed by Close
	stopped   chan struct{} // closed by the writer goroutine
	closeOnce sync.Once
	closeErr  error
	waiting   atomic.Int64 // callers inside submit
	broken    atomic.Pointer[error]
	failed    atomic.Pointer[error] // why the last commit failed; nil if it did not

	laterMu sync.Mutex
	later   []func(*Tx) error

	readMu sync.Mutex
	r      *conn // opened by the first read; nil with Exclusive

	vacuumMu     sync.Mutex
	cancelVacuum context.CancelFunc

	countMu sync.Mutex
	counts  counts

	reserveMu sync.Mutex

	snapMu sync.Mutex
	snap   *Snapshot // of Open, until Load takes it

	// The writer goroutine's. w is nil after a Recover that has failed half-way.
	w             *conn
	ids           idBlock
	level         int64 // how far the database went when it was read
	seen          witness
	txBuf         []byte
	laterAgain    bool // the last commit has put deferred writes back
	laterFailed   bool // so has been logged
	checkpointBad bool // the last one behind a commit has failed
	untruncated   bool // a vacuum is in the log, and the file has its old length
	unread        int  // copies given up in a row because the device did not give all
}

// Open opens or creates the store and loads it once, which finds every bad record.
// It migrates an older schema, finishes an interrupted swap, and replaces a damaged
// database by what can be read of it; all that is told by [Store.Report]. ctx
// counts only while opening. Errors: [ErrInUse], [ErrNewer], and the causes
// [ErrDiskFull], [ErrReadOnly], [ErrIO], [ErrBusy].
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.release(false))
	}
	go s.run()
	return s, nil
}

// prepare makes a Store that has touched nothing but its directory and lock.
func prepare(o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.steps == nil {
		o.steps = schema()
	}
	if o.pragmas == nil {
		o.pragmas = pragmas(o.Exclusive)
	}
	if o.smallFile == 0 {
		o.smallFile = quickCheckBelow
	}
	m, err := newMeter(o.VFS)
	if err != nil {
		return nil, err
	}
	s := &Store{
		o: o, path: filepath.Join(o.Dir, databaseName), files: osFiles{}, meter: m, log: o.Logger,
		bad:      map[string]Quarantined{},
		requests: make(chan *request, maxBatch), laterKick: make(chan struct{}, 1),
		stopping: make(chan struct{}), stopped: make(chan struct{}),
	}
	s.vfsName = fmt.Sprintf("edged-%p", s)
	if ops, ok := m.base.(FileOps); ok {
		s.files = ops
	}
	if err := makeDir(o.Dir); err != nil {
		return nil, classify("create state directory", err)
	}
	if s.lock, err = lockDir(o.Dir); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(s, o.Registerer); err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	vfs.Register(s.vfsName, m)
	return s, nil
}

// release gives back what prepare and open have taken.
func (s *Store) release(checkpoint bool) error {
	s.readMu.Lock()
	defer s.readMu.Unlock()
	err := errors.Join(s.r.close(false), s.w.close(checkpoint), s.syncWitness())
	s.r, s.w = nil, nil
	s.metrics.unregister(s.o.Registerer)
	vfs.Unregister(s.vfsName)
	return errors.Join(err, s.lock.Close())
}

// Close commits what Later has queued, waits for the writer and closes the
// database. Calls that come later return [ErrClosed].
func (s *Store) Close() error {
	s.closeOnce.Do(func() {
		close(s.stopping)
		<-s.stopped
		s.closeErr = s.release(s.usable() == nil)
	})
	return s.closeErr
}

// Report tells what Open has found and done, and which records have been
// quarantined until now, at most 4096 of them.
func (s *Store) Report() OpenReport {
	s.reportMu.Lock()
	defer s.reportMu.Unlock()
	r := s.report
	r.Quarantined = slices.Clone(r.Quarantined)
	return r
}

func (s *Store) addCounts(d counts) {
	s.countMu.Lock()
	defer s.countMu.Unlock()
	s.counts = s.counts.plus(d)
}

func (s *Store) currentCounts() counts {
	s.countMu.Lock()
	defer s.countMu.Unlock()
	return s.counts
}

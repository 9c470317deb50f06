// Package powerfail cuts the power of a simulated disk at every point of a
// recorded run, and checks what a machine could find after it.
//
// A test runs the real program on an [FS], an in-memory SQLite VFS that records
// every operation in a [Log], and puts a mark into the log wherever the program
// has acknowledged something to the world. [Explore] then replays the log up to
// every point, decides what became of the writes that no sync had covered yet, and
// hands the resulting disk to the test's check, which opens the program on it and
// compares it with the marks. What the program does while recovering is recorded
// too, and half of the recoveries are cut again.
//
//	log := powerfail.NewLog()
//	disk := powerfail.NewFS(nil, log)
//	name, unregister := disk.Register()
//	… run the program with VFS: name, and log.Mark(what was acknowledged) …
//	result := powerfail.Explore(t, log, powerfail.Options{States: 5000}, func(st *powerfail.State) error {
//		… open the program on st.Disk, compare with st.Marks …
//	})
//
// The model of the disk: a sync is a barrier for its own file only. Creating,
// removing and renaming are operations on the one directory; they are durable
// after a sync of the directory, and with an ordered directory (ext4 without
// fast_commit: one journal for all of them) after a sync of any file. A failed
// sync leaves its writes in doubt for ever: no later sync makes them durable.
// Sectors are 512 bytes.
//
// It does not model a sync that returns too early (a disk that lies), bits that
// flip later, or shared memory: a WAL database runs with locking_mode=EXCLUSIVE.
// Files that do not go through the VFS live in a real directory, [State.Dir].
//
// [FS.Inject] makes operations fail: full disk, I/O error, read-only, failed
// sync, short write.
package powerfail

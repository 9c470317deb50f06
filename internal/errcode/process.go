package errcode

// What is wrong with the process and its socket.
const (
	RunNotRunning Code = "EDG-RUN-001"
	RunNoAccess   Code = "EDG-RUN-002"
	RunInUse      Code = "EDG-RUN-003"
	RunNoSocket   Code = "EDG-RUN-004"
	RunPartFailed Code = "EDG-RUN-005"
	RunHangs      Code = "EDG-RUN-006"
	RunPanic      Code = "EDG-RUN-007"
	RunService    Code = "EDG-RUN-008"
	RunBug        Code = "EDG-RUN-009"
)

func process() []Entry { return append(processSocket(), processFaults()...) }

func processSocket() []Entry {
	return []Entry{
		{
			RunNotRunning, "", "edged is not running",
			"Nobody answers on the socket: the daemon is stopped, or has another admin_socket.",
			"The display keeps what it showed; no card is taken.",
			"\"systemctl status edged\" and \"journalctl -u edged\" say why. Another socket is named with --socket.", first,
		},
		{
			RunNoAccess, "", "This user may not ask edged",
			"The socket belongs to edged and the group edged-admin.",
			nothing,
			"Use sudo, or add the user to the group edged-admin and log in again.", first,
		},
		{
			RunInUse, "", "Another edged answers on the socket",
			"A second daemon was started beside a running one.",
			nothing,
			"Find and stop the one that should not run. Never give two daemons one state_dir.", first,
		},
		{
			RunNoSocket, "", "The path of the socket is taken",
			"A file that is no socket lies at admin_socket.",
			nothing,
			"Remove or rename it, or choose another admin_socket, and restart edged.", first,
		},
	}
}

func processFaults() []Entry {
	return []Entry{
		{
			RunPartFailed, "", "A part of edged failed",
			"It ended with an error. It is started again with back-off, unless the log says that it is left down; the others go on.",
			"Depends on the part; a lane whose terminal it was shows E11.",
			"The log names part and cause. If it is left down, mend the cause and restart edged. If it repeats without a cause outside, report it.", first,
		},
		{
			RunHangs, "", "edged makes no progress",
			"The part that works on orders, or one that is to stop, has not moved for too long: a fault of edged, or a disk that answers nothing.",
			"The display stands still. The service manager restarts edged, and open purchases go on.",
			"Look into the kernel's log (dmesg) for the disk. Keep the journal of edged (\"journalctl -u edged\") and report it.", first,
		},
		{
			RunPanic, "", "edged failed inside",
			"A fault of edged in one of its parts, or while it answered a call from outside. The part is started again, the call failed; nothing else did.",
			nothing,
			"Keep the lines of the log and report them.", first,
		},
		{
			RunService, "", "The service manager cannot be told how edged is",
			"edged was started by systemd, and its socket of notifications does not take a message.",
			nothing,
			"Use the unit file that comes with edged (Type=notify), and restart edged.", first,
		},
		{
			RunBug, "", "edged broke a promise of its own",
			"A fault of edged: a state that must not be. What it was about is set aside and nothing is done with it.",
			"\"Out of service\" if it was about a lane; else nothing.",
			"Keep the journal of edged and report it with \"edged version\".", first,
		},
	}
}

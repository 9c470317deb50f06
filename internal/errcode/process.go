package errcode

// What is wrong with the process and its socket.
const (
	RunNotRunning Code = "EDG-RUN-001"
	RunNoAccess   Code = "EDG-RUN-002"
	RunInUse      Code = "EDG-RUN-003"
	RunNoSocket   Code = "EDG-RUN-004"
)

func process() []Entry {
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

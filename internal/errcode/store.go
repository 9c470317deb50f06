package errcode

// What is wrong with the store.
const (
	StoreDiskFull  Code = "EDG-STORE-001"
	StoreReadOnly  Code = "EDG-STORE-002"
	StoreIO        Code = "EDG-STORE-003"
	StoreDamaged   Code = "EDG-STORE-004"
	StoreLocked    Code = "EDG-STORE-005"
	StoreInUse     Code = "EDG-STORE-006"
	StoreNewer     Code = "EDG-STORE-007"
	StoreBroken    Code = "EDG-STORE-008"
	StoreBadRecord Code = "EDG-STORE-009"
	StoreNoReserve Code = "EDG-STORE-010"
	StoreNotKept   Code = "EDG-STORE-011"
	StoreGone      Code = "EDG-STORE-012"
	StoreOlder     Code = "EDG-STORE-013"
)

func stores() []Entry { return append(storeDisks(), storeFiles()...) }

func storeDisks() []Entry {
	return []Entry{
		{
			StoreDiskFull, "", "The disk has no space left",
			"The file system of state_dir has no space left.",
			"\"Out of service\" with E03.",
			"Make room: old logs, core dumps, databases kept aside (edged.db.bad-N, after they were looked at). edged goes on as soon as there is space.", first,
		},
		{
			StoreReadOnly, "", "The disk is read-only",
			"The file system was mounted read-only, often by the kernel after errors of the flash, or files belong to another user.",
			"\"Out of service\" with E04.",
			"Look into the kernel's log (dmesg). Check the owner of state_dir. A file system that went read-only by itself means that the flash has to be replaced.", first,
		},
		{
			StoreIO, "", "The disk fails to read, write or sync",
			"The device reported an input/output error.",
			"\"Out of service\" with E04 while commits fail.",
			"Look into the kernel's log (dmesg), replace the flash, and copy state_dir to the new one while edged is stopped.", first,
		},
		{
			StoreDamaged, "", "The database is damaged",
			"Pages of the database cannot be read as such: failing flash, or a foreign program wrote to it.",
			"Nothing, once edged runs: what could be read is used.",
			"edged keeps the damaged one as edged.db.bad-N; \"edged status\" names it until it is removed. Compare the open orders with the terminal (\"edged terminal status\") and plan a new flash.", first,
		},
		{
			StoreLocked, "", "Another program has the database locked",
			"A sqlite3 shell or a backup held it for too long.",
			"\"Out of service\" with E04 while it lasts.",
			"End the other program. Look at the database only through edged's commands.", first,
		},
	}
}

func storeFiles() []Entry {
	return []Entry{
		{
			StoreInUse, "", "Another process has the state directory",
			"A second edged was started, or the first one has not ended.",
			nothing,
			"Find it (\"pgrep -a edged\") and stop the one that should not run.", first,
		},
		{
			StoreNewer, "", "The database is of a newer edged",
			"An older version was installed over a newer one.",
			nothingYet,
			"Install the newer version again. Nothing was changed.", first,
		},
		{
			StoreBroken, "", "The store waits to be written anew",
			"A sync failed, so nobody knows what is on the flash. Nothing is committed until the database was written to a new file.",
			"\"Out of service\" with E04.",
			"It is tried with back-off. If it stays, there is no room for the copy, or the flash fails: see the kernel's log.", first,
		},
		{
			StoreBadRecord, "", "A record is damaged or unknown",
			"Its checksum does not fit, or a newer edged wrote it. It is set aside below state_dir/quarantine; the rest is used.",
			nothing,
			"The log names the file. Compare the open orders with the terminal's holds and the SaaS; keep the file and report it.", first,
		},
		{
			StoreNoReserve, "", "The reserve for money is missing",
			"The file that keeps disk space for open purchases was given up or could not be made.",
			"\"Out of service\" with E03.",
			"Make room on the file system of state_dir; the reserve is made again by itself.", first,
		},
		{
			StoreNotKept, "", "Something could not be stored or read",
			"The store did not take it: it is broken, full or slow, or edged was stopping. It counts as not done, and is done again.",
			"\"Out of service\" with E04 if it lasts; else nothing.",
			"Nothing for a single one, or while edged stops. If it repeats, see \"edged status\" and the other codes EDG-STORE.", first,
		},
		{
			StoreGone, "", "The database is gone",
			"state_dir has held a database, and the file is not there or empty: it was deleted, or the flash lost it. edged goes on with an empty one.",
			"Nothing; an open purchase is not reported.",
			"Orders of before are lost to edged. Compare the holds of the terminal (\"edged terminal status\": unknown receipts) and settle them there. Replace the flash if nobody deleted the file.", first,
		},
		{
			StoreOlder, "", "The database is older than what was committed",
			"Commits that were on the flash are gone: an old copy was put in place of the database, or the flash lost what it had confirmed.",
			"Unknown: an order may be known with less than has happened.",
			"Never restore a database from a copy. Compare the holds of the terminal (\"edged terminal status\") with \"edged order ls\" and settle what differs with the merchant. Replace the flash if nobody put the file there.", first,
		},
	}
}

package errcode

// What is wrong with the configuration.
const (
	ConfigFile       Code = "EDG-CFG-001"
	ConfigSyntax     Code = "EDG-CFG-002"
	ConfigUnknownKey Code = "EDG-CFG-003"
	ConfigTwice      Code = "EDG-CFG-004"
	ConfigMissing    Code = "EDG-CFG-005"
	ConfigKind       Code = "EDG-CFG-006"
	ConfigValue      Code = "EDG-CFG-007"
	ConfigSecret     Code = "EDG-CFG-008"
	ConfigOpenSecret Code = "EDG-CFG-009"
	ConfigNoLastGood Code = "EDG-CFG-010"
	ConfigFallback   Code = "EDG-CFG-011"
	ConfigRestart    Code = "EDG-CFG-012"
)

// badFile is what a customer sees of a file that is not valid.
const badFile = "\"Out of service\" with E05 if edged runs on the last valid file; else edged does not start."

func configuration() []Entry { return append(configText(), configFiles()...) }

func configText() []Entry {
	return []Entry{
		{
			ConfigFile, "", "The configuration file cannot be read",
			"It is not there, or edged may not read it.",
			badFile,
			"Check the path after --config and that the user edged may read it.", first,
		},
		{
			ConfigSyntax, "", "The file is not YAML",
			"A bracket, a quote or an indentation is wrong, usually just above the named line; or the file is something else.",
			badFile,
			"Compare with the example: keys are indented with spaces, never with tabs.", first,
		},
		{
			ConfigUnknownKey, "", "A key is not known",
			"It is misspelt or stands in the wrong block. Unknown keys are refused, so that a misspelt one is not ignored.",
			badFile,
			"Use the key that the message proposes, or remove it. docs/configure.md lists all.", first,
		},
		{
			ConfigTwice, "", "Something is given twice",
			"A key stands twice in one block, or two lanes have the same name, port or door.",
			badFile,
			"Keep one of the two.", first,
		},
		{
			ConfigMissing, "", "A key is missing",
			"Something has no default and must be given, sometimes because another key is given.",
			badFile,
			"Add it as the message says; the line is that of the block it belongs to.", first,
		},
		{
			ConfigKind, "", "A value is of the wrong kind",
			"A number where a duration is wanted, text without quotes, a list where a block is wanted.",
			badFile,
			"Write it as the message says: durations and sizes have a unit (15s, 8MiB), numbers that are names are quoted.", first,
		},
		{
			ConfigValue, "", "A value is not possible",
			"It is of the right kind and out of its range, not a known choice, or does not go with another key.",
			badFile,
			"Take a value that the message names.", first,
		},
	}
}

func configFiles() []Entry {
	return []Entry{
		{
			ConfigSecret, "", "A file that the configuration names cannot be used",
			"A key, password or certificate file is missing, unreadable, empty or not of its form.",
			badFile,
			"Check the path (relative ones are looked for in the credential directory, then beside the configuration) and its content. Its bytes are never logged.", first,
		},
		{
			ConfigOpenSecret, "", "A secret is readable by every user",
			"The file's mode lets others read it.",
			badFile,
			"chmod 0600, or 0640 with the group of edged. If others have users on the machine, exchange the secret.", first,
		},
		{
			ConfigNoLastGood, "", "There is no last valid configuration",
			"The file is not valid, and no valid one was kept in the state directory (a first start, or it is unreadable).",
			nothingYet,
			"Mend the file: \"edged check\" names every mistake.", first,
		},
		{
			ConfigFallback, "", "edged runs on the last valid configuration",
			"The file is not valid. Open purchases are settled and reported with the last valid one; nothing is sold.",
			"\"Out of service\" with E05.",
			"Mend the file (\"edged check\") and restart edged.", first,
		},
		{
			ConfigRestart, "", "A change of the configuration waits for a restart",
			"The file was read again while edged runs, and not all of what was changed can be taken over so.",
			nothing,
			"Restart edged when nobody buys. The log names the keys; the others are in force.", first,
		},
	}
}

package errcode

// What is wrong with a display.
const (
	DisplayTexts Code = "EDG-DISP-001"
	DisplayLost  Code = "EDG-DISP-002"
)

func displays() []Entry {
	return []Entry{
		{
			DisplayTexts, "", "The own display texts cannot be used",
			"The file of texts is missing, has a mistake, or a text does not fit the display.",
			"The built-in texts.",
			"\"edged check\" names each mistake with its line. The file is read at the start: mend it and restart edged.", first,
		},
		{
			DisplayLost, "", "The display does not take what is sent",
			"Its line is down. Selling goes on: the terminal has a display of its own.",
			"What the display showed last, or nothing.",
			"Check cable and power; the log names the cause with a code of its own. It is opened again by itself and painted anew.", first,
		},
	}
}

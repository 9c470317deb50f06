// Package transcript reads and plays texts that show how a purchase goes: the
// events of one order and, under each, what Step makes of it.
//
//	# DESIGN §2: the total is within the hold and exactly that is captured.
//
//	arm
//	    phase armed
//
//	granted 50.00
//	    facts hold opens
//	    phase opening
//	    do    open door 1 (try 1) after arm/1, within 15s
//	    due   open 15s, decision 20h, hold_alarm 90h, hold_ttl 120h
//
// A line at the left margin is a directive, the indented lines under it are what
// it yields: they are compared, or rewritten by a flag of the test. A '#' starts a
// comment. The directives are listed at parse. What is left out has a default: one
// gateway, lane, door and hold, receipt 0123, the SaaS's number S1.
//
// Events name no ids. "capture ended done" is the end of whatever capture is under
// way when it is played; so a script can also be played against an engine that was
// killed in between and has asked its terminal again. Play does the pure part; who
// wants more walks Script.Lines: Line.Event gives the event for a State, Line.Wait
// and Line.Restart say what happens to time and process instead.
//
// The package is pure. It promises that a script means the same wherever it is
// played, and refuses a directive that it does not understand entirely.
package transcript

package zvt

// ScrubText masks card numbers written out in a text, in place: runs of 13 to 19
// digits, or four groups of four, that pass the check digit of ISO/IEC 7812-1 and do
// not touch a letter (so that application ids in hex survive). Terminals mask what
// they print; this is for the one that does not.
func ScrubText(b []byte) {
	for i := 0; i < len(b); {
		n := digitRun(b[i:])
		if n == 0 {
			i++
			continue
		}
		alone := (i == 0 || !isLetter(b[i-1])) && (i+n == len(b) || !isLetter(b[i+n]))
		if alone && b[i] != '0' {
			maskDigits(b[i : i+n])
		}
		i += n
	}
}

// digitRun returns the length of the run of digits b starts with; four groups of
// four with one blank or dash between them count as one run.
func digitRun(b []byte) int {
	n := 0
	for n < len(b) && isDigit(b[n]) {
		n++
	}
	const grouped = 19
	if n != 4 || len(b) < grouped || (len(b) > grouped && isDigit(b[grouped])) {
		return n
	}
	for i, c := range b[:grouped] {
		if gap := i%5 == 4; gap && c != ' ' && c != '-' || !gap && !isDigit(c) {
			return n
		}
	}
	return grouped
}

// maskDigits overwrites the middle of a run that is a card number.
func maskDigits(run []byte) {
	digits := 0
	for _, c := range run {
		if isDigit(c) {
			digits++
		}
	}
	if digits < panMin || digits > panMax || !luhn(run) {
		return
	}
	at := 0
	for i, c := range run {
		if !isDigit(c) {
			continue
		}
		if at >= panKeepFirst && at < digits-panKeepLast {
			run[i] = '*'
		}
		at++
	}
}

// luhn reports whether the digits of b pass the check of ISO/IEC 7812-1 annex B.
func luhn(b []byte) bool {
	sum, double := 0, false
	for i := len(b) - 1; i >= 0; i-- {
		if !isDigit(b[i]) {
			continue
		}
		v := int(b[i] - '0')
		if double {
			v = v*2%10 + v*2/10
		}
		sum += v
		double = !double
	}
	return sum%10 == 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

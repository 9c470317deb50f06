package zvt

import "testing"

func TestResultClasses(t *testing.T) {
	tests := map[ResultCode]Class{
		0x00: ClassOK, 0x01: ClassDeclined, 0x05: ClassDeclined, 0x63: ClassDeclined, 0x5F: ClassOffline, 0x62: ClassDiagnosis,
		0x64: ClassUnreadable, 0x67: ClassCardUnsuitable, 0x6A: ClassEndOfDay, 0x6B: ClassNotRegistered, 0x6C: ClassAborted,
		0x6F: ClassConfiguration, 0x77: ClassNoEndOfDay, 0x7D: ClassOffline, 0x83: ClassMissing, 0x9A: ClassProtocol,
		0x9B: ClassOffline, 0x9C: ClassWait, 0xA0: ClassInitialisation, 0xA1: ClassOffline, 0xB4: ClassAlreadyReversed,
		0xB5: ClassNotReversible, 0xB7: ClassReservation, 0xB8: ClassReservation, 0xC2: ClassDiagnosis, 0xC3: ClassAmount, 0xDC: ClassCardInserted,
		0xE0: ClassWait, 0xE2: ClassHardware, 0xE4: ClassInitialisation, 0xF0: ClassEndOfDay, 0xFF: ClassOther,
		0x80: ClassOther, 0xD9: ClassOther,
	}
	for code, want := range tests {
		if got := code.Class(); got != want {
			t.Errorf("%v: got %s, want %s", code, got, want)
		}
	}
}

func TestOnlyZeroIsOK(t *testing.T) {
	for code := ResultCode(1); code != 0; code++ {
		if code.Class() == ClassOK || code.Text() == "" {
			t.Errorf("%v: class %s", code, code.Class())
		}
	}
	if got := ResultAborted.String(); got != "6c timeout or abort key" {
		t.Errorf("got %q", got)
	}
}

func TestTerminalStatusRemedies(t *testing.T) {
	tests := map[TerminalStatus]Remedy{
		0x00: RemedyNone, 0x51: RemedyInitialisation, 0x62: RemedyDiagnosis, 0x9C: RemedyWait, 0xB1: RemedyEndOfDay,
		0xC2: RemedyDiagnosis, 0xDC: RemedyCard, 0xDF: RemedyService, 0xE0: RemedyWait, 0xE4: RemedyInitialisation,
		0xF0: RemedyEndOfDay, 0x77: RemedyService,
	}
	for status, want := range tests {
		if got := status.Remedy(); got != want {
			t.Errorf("%v: got %s, want %s", status, got, want)
		}
	}
}

func TestIntermediateCodesWithRemoveCard(t *testing.T) {
	tests := []struct {
		code, base IntermediateCode
		remove     bool
	}{
		{0x17, 0x17, false}, {0x57, 0x17, true}, {0x41, 0x01, true}, {0x68, 0x68, false}, {0x40, 0x40, false}, {0xFF, 0xFF, false},
	}
	for _, tt := range tests {
		base, remove := tt.code.Base()
		if base != tt.base || remove != tt.remove {
			t.Errorf("%02x: got %02x, %v, want %02x, %v", tt.code, base, remove, tt.base, tt.remove)
		}
	}
	if got, want := IntermediateCode(0x44).Text(), "waiting for the host"; got != want {
		t.Errorf("44: got %q, want %q", got, want)
	}
}
